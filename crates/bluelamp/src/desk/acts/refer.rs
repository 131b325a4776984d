//! `desk.refer`: a message becomes an incident, an intelligence submission, a crime report or another desk's business,
//! with our own reference and a target (APP-ROLE-4).

use super::{OnMessage, on_message, person, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::desk::store;
use crate::intake::store::MessageRow;
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::desk::referral::{Kind, Referred, refer};
use bluelamp_domain::ids::{MessageId, PersonId, ReferralId};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refer {
    pub message: MessageId,
    pub kind: Kind,
    /// The other side's own number; an incident needs the control room's.
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub note: String,
}

pub struct Facts {
    on: OnMessage,
    year: i16,
    number: i64,
}

pub struct Change {
    id: ReferralId,
    by: PersonId,
    referred: Referred,
    year: i16,
    number: i64,
    message: MessageRow,
}

impl Act for Refer {
    const NAME: &'static str = "desk.refer";
    const SAYS: &'static str = "Refer a message to another desk or system, with a reference of our own.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let on = on_message(tx, env, self.message).await?;
        let year = env.moment.today().year();
        let number = store::next_referral(tx, env.force, self.kind, year).await?;
        Ok(Facts { on, year, number })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![f.on.question(Self::NAME, env)]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let by = person(env)?;
        if f.on.closed() {
            return Err(Refusal::new("closed", "this message is closed; reopen it to refer it"));
        }
        let referred = refer(self.kind, f.year, f.number, &self.reference, &self.note, env.at())?;
        let id: ReferralId = env.moment.id();
        // Provenance: which words, as they stood, led to it.
        let mut entry =
            f.on.entry()
                .id("referral", id)
                .id("raw", f.on.message.raw)
                .code("kind", referred.kind.name())
                .code("reference", &referred.reference)
                .code("target", referred.target_at.0)
                .value("revision", &f.on.message.revision);
        for (name, text) in [("theirs", &referred.theirs), ("note", &referred.note)] {
            if !text.is_empty() {
                entry = entry.value(name, text);
            }
        }
        Ok(Step::to(Change { id, by, referred, year: f.year, number: f.number, message: f.on.alive(env) }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        let m = &c.message;
        store::insert_referral(tx, env.force, c.id, m.id, m.account, c.year, c.number, c.by, env.at(), &c.referred).await?;
        save(tx, env, m).await?;
        Ok(Done::id(c.id).with(serde_json::json!({ "reference": c.referred.reference })))
    }
}
