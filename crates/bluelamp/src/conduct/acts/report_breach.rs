//! `conduct.report_breach`: somebody says that a personal account was used for work; a breach case opens (LEICS-MON-3).

use crate::act::{Act, Done, Env, Stop, force_entity, not_found};
use crate::conduct::store::{self, Breach};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::conduct;
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportBreach {
    /// Where it happened, as the reporter calls it.
    pub platform: String,
    /// The personal account, as it stands there.
    pub handle: String,
    /// Whose it is, where that is known and they work here.
    #[serde(default)]
    pub about: Option<PersonId>,
    /// What was seen, when and where.
    pub says: String,
}

impl Act for ReportBreach {
    const NAME: &'static str = "conduct.report_breach";
    const SAYS: &'static str = "Report that a personal account was used for work; professional standards get the case.";
    type Facts = ();
    type Change = Breach;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<(), Stop> {
        if let Some(about) = self.about {
            crate::people::store::person(tx, env.force, about).await?.ok_or_else(|| not_found("person"))?;
        }
        Ok(())
    }

    fn questions(&self, (): &(), env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, env.force, force_entity(env.force, env.pack, env.app.live))]
    }

    fn rule(&self, (): &(), _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Breach>, Refusal> {
        let reported_by = env.person().ok_or_else(|| Refusal::new("no-person", "a breach is reported by a person"))?;
        let breach = Breach {
            id: env.moment.id(),
            platform: conduct::words("platform", &self.platform, 60)?,
            handle: conduct::words("handle", &self.handle, 300)?,
            about: self.about,
            says: conduct::words("what was seen", &self.says, 4000)?,
            reported_by,
            reported_at: env.at(),
            closed: None,
        };
        let entry = Entry::default().id("breach", breach.id).code("kind", "personal-account").value("says", &breach.says);
        Ok(Step::to(breach).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, breach: &Breach) -> Result<Done, DbError> {
        store::insert_breach(tx, env.force, breach).await?;
        Ok(Done::id(breach.id))
    }
}
