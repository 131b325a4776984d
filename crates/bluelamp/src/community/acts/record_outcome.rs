//! `community.record_outcome`: what the platform made of a measure. The line before a call is one too, so that a crash
//! between call and answer leaves its trace; and it is refused while the evidence does not stand (I6).

use crate::accounts::acts::{about, seen};
use crate::accounts::store::AccountRow;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::community::store::{self, EvidenceRow, MeasureRow};
use crate::db::{DbError, Tx};
use crate::intake::queue::store as queue;
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::community::{self, Came, Kind, State};
use bluelamp_domain::ids::MeasureId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordOutcome {
    pub measure: MeasureId,
    pub came: Came,
    /// What the platform said.
    #[serde(default)]
    pub why: String,
}

pub struct Facts {
    measure: MeasureRow,
    account: AccountRow,
    evidence: Option<EvidenceRow>,
}

impl Act for RecordOutcome {
    const NAME: &'static str = "community.record_outcome";
    const SAYS: &'static str = "Note what the platform made of a measure.";
    type Facts = Facts;
    type Change = MeasureRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let measure = store::measure(tx, env.force, self.measure).await?.ok_or_else(|| not_found("measure"))?;
        let account = seen(tx, env, measure.account).await?;
        let evidence = match measure.evidence {
            Some(id) => store::evidence(tx, env.force, id).await?,
            None => None,
        };
        Ok(Facts { measure, account, evidence })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &f.account, env)]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<MeasureRow>, Refusal> {
        if self.came == Came::Sending {
            community::may_send(f.measure.kind, f.evidence.as_ref().map(|e| &e.sealed), crate::app::digest)?;
        }
        let state = community::came(f.measure.state, self.came);
        let why: String = self.why.chars().filter(|c| !c.is_control()).take(500).collect();
        let mut entry = Entry::default().id("message", f.measure.message).id("account", f.account.id).id("measure", f.measure.id);
        entry = entry.code("came", self.came.name()).code("state", state.name());
        if !why.is_empty() {
            entry = entry.value("why", &why);
        }
        let attempts = f.measure.attempts + i64::from(self.came == Came::Sending);
        Ok(Step::to(MeasureRow { state, why, attempts, changed_at: env.at(), ..f.measure.clone() }).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &MeasureRow) -> Result<Done, DbError> {
        store::set_state(tx, env.force, row).await?;
        store::insert_event(tx, env.force, env.moment.id(), row, self.came, &env.principal.code(), env.at()).await?;
        if row.state == State::Done {
            match row.kind {
                Kind::Hide | Kind::Delete => queue::set_hidden(tx, env.force, row.message, true).await?,
                Kind::Unhide => queue::set_hidden(tx, env.force, row.message, false).await?,
                Kind::Report | Kind::Block | Kind::Unblock => {}
            }
            if let Some(original) = row.undoes {
                store::set_undone(tx, env.force, original, env.at()).await?;
            }
        }
        Ok(Done::id(row.id).with(serde_json::json!({ "state": row.state.name() })))
    }
}
