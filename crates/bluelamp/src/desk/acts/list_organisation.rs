//! `desk.list_organisation`: a council, charity or service is put on the list of those that may be written to first, or
//! taken off it (APP-COMM-10).

use super::person;
use crate::act::{Act, Done, Env, Stop, force_entity};
use crate::db::{DbError, Tx};
use crate::intake::store::contacts;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::desk::said;
use bluelamp_domain::ids::PersonId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListOrganisation {
    pub platform: String,
    pub handle: String,
    /// Who it is.
    #[serde(default)]
    pub title: String,
    /// False takes it off the list.
    pub listed: bool,
}

pub struct Change {
    by: PersonId,
    handle: String,
    title: String,
}

impl Act for ListOrganisation {
    const NAME: &'static str = "desk.list_organisation";
    const SAYS: &'static str = "List an organisation that may be written to first, or take it off the list.";
    type Facts = ();
    type Change = Change;

    async fn facts(&self, _tx: &mut Tx, _env: &Env<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn questions(&self, (): &(), env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, env.force, force_entity(env.force, env.pack, env.app.live))]
    }

    fn rule(&self, (): &(), _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let by = person(env)?;
        if env.app.connector(&self.platform).is_none() {
            return Err(Refusal::new("no-such-platform", format!("there is no platform `{}` here", self.platform)));
        }
        let handle = said("the handle", self.handle.trim().trim_start_matches('@'), 300)?;
        let title = if self.listed { said("who it is", &self.title, 200)? } else { String::new() };
        let entry = Entry::default().id("force", env.force).code("listed", self.listed).code("platform", &self.platform);
        Ok(Step::to(Change { by, handle: handle.clone(), title }).entry(entry.value("handle", handle)))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if self.listed {
            let id = env.moment.id();
            contacts::insert_organisation(tx, env.force, id, &self.platform, &c.handle, &c.title, c.by, env.at()).await?;
            return Ok(Done::id(id));
        }
        contacts::delete_organisation(tx, env.force, &self.platform, &c.handle).await?;
        Ok(Done::nothing())
    }
}
