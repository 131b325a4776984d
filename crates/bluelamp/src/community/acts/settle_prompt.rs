//! `community.settle_prompt`: what the public was told of many removals under one post, or why nothing (LEICS-MOD-3).

use crate::accounts::acts::{about, seen};
use crate::accounts::store::AccountRow;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::community::store::{self, PromptRow};
use crate::db::{DbError, Tx};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::community::{self, Settled};
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettlePrompt {
    pub prompt: Uuid,
    pub how: Settled,
    /// Where the explanation stands, or why there is none.
    #[serde(default)]
    pub note: String,
}

pub struct Facts {
    prompt: PromptRow,
    account: AccountRow,
}

impl Act for SettlePrompt {
    const NAME: &'static str = "community.settle_prompt";
    const SAYS: &'static str = "Say that many removals under one post were explained to the public, or why they were not.";
    type Facts = Facts;
    type Change = String;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let prompt = store::prompt(tx, env.force, self.prompt).await?.ok_or_else(|| not_found("question"))?;
        let account = seen(tx, env, prompt.account).await?;
        Ok(Facts { prompt, account })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &f.account, env)]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, _env: &Env<'_>) -> Result<Step<String>, Refusal> {
        let note = community::settle_prompt(f.prompt.state == "open", self.how, &self.note)?;
        let mut entry = Entry::default().id("prompt", f.prompt.id).id("account", f.account.id).code("how", self.how.name());
        if !note.is_empty() {
            entry = entry.value("note", &note);
        }
        Ok(Step::to(note).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, note: &String) -> Result<Done, DbError> {
        store::settle_prompt(tx, env.force, self.prompt, self.how.name(), &env.principal.code(), note, env.at()).await?;
        Ok(Done::id(self.prompt))
    }
}
