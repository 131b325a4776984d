//! `people.set_up_force`: a force begins, with its pack, its ledger key and nobody in it.

use crate::act::{Act, Done, Env, Stop, force_entity};
use crate::db::{DbError, Tx};
use crate::people::store;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUpForce {
    /// Short name in addresses, `exampleshire`.
    pub slug: String,
    pub title: String,
    /// IANA zone, `Europe/London`.
    pub zone: String,
    /// Content hash of the stored pack that the force will run.
    pub pack: String,
}

impl Act for SetUpForce {
    const NAME: &'static str = "people.set_up_force";
    const SAYS: &'static str = "Begin a force with its pack and its ledger key.";
    type Facts = ();
    type Change = ();

    async fn facts(&self, _tx: &mut Tx, _env: &Env<'_>) -> Result<(), Stop> {
        Ok(())
    }

    fn questions(&self, (): &(), env: &Env<'_>) -> Vec<Question> {
        vec![Question::new(Self::NAME, env.force, force_entity(env.force, env.pack, env.app.live))]
    }

    fn rule(&self, (): &(), _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<()>, Refusal> {
        let fits =
            (2..=60).contains(&self.slug.len()) && self.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !fits {
            return Err(Refusal::new("slug", "the short name has 2 to 60 lower-case letters, digits or hyphens"));
        }
        if jiff::tz::TimeZone::get(&self.zone).is_err() {
            return Err(Refusal::new("zone", format!("`{}` is no time zone; use one like Europe/London", self.zone)));
        }
        let entry = Entry::default()
            .id("force", env.force)
            .code("slug", &self.slug)
            .code("pack", env.pack.hash())
            .code("pack-name", env.pack.name());
        // The key that signs the force's ledger is the records area's affair.
        Ok(Step::to(()).entry(entry).then("records.make_ledger_key", serde_json::json!({})))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, (): &()) -> Result<Done, DbError> {
        store::insert_force(tx, env.force, &self.slug, &self.title, &self.zone, env.at()).await?;
        store::insert_adoption(
            tx,
            env.force,
            env.moment.id(),
            env.pack.hash(),
            env.pack.name(),
            env.pack.version(),
            &env.principal.code(),
            env.at(),
        )
        .await?;
        Ok(Done::id(env.force))
    }
}
