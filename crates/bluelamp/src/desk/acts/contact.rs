//! `desk.contact`: a first word to someone. Refused where they have not been in touch on this very channel, unless they
//! are an organisation of the force's list (APP-COMM-10).

use super::person;
use super::reply::{limits, sending};
use crate::accounts::{self, AccountRow};
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::desk::store::{self, ReplyRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::desk::reply::{State, words};
use bluelamp_domain::ids::{AccountId, MessageId};
use bluelamp_domain::publishing::check::count;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub account: AccountId,
    /// Their handle on the account's platform.
    pub handle: String,
    pub text: String,
}

pub struct Facts {
    account: AccountRow,
    /// Their newest message to this account, if they ever wrote.
    last: Option<MessageId>,
    organisation: bool,
}

impl Act for Contact {
    const NAME: &'static str = "desk.contact";
    const SAYS: &'static str =
        "Write to someone who did not just write: in private where they have been in touch, by a mention to an organisation.";
    type Facts = Facts;
    type Change = ReplyRow;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = accounts::store::account(tx, env.force, self.account)
            .await?
            .filter(|a| env.scope.sees(a.id))
            .ok_or_else(|| not_found("account"))?;
        let last = store::last_message_of(tx, env.force, self.account, &self.handle).await?;
        let organisation = store::is_organisation(tx, env.force, &account.platform, &self.handle).await?;
        Ok(Facts { account, last, organisation })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        let rests_on = crate::app::digest(format!("{} {}", self.handle, self.text).as_bytes());
        let question = Question::new(Self::NAME, self.account, accounts::entity(env.force, &f.account))
            .given("contactedFirst", f.last.is_some())
            .given("organisation", f.organisation)
            .resting_on(rests_on);
        vec![question]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<ReplyRow>, Refusal> {
        let by = person(env)?;
        let connector = env.app.connector(&f.account.platform);
        let connector = connector.ok_or_else(|| Refusal::new("no-connector", "this installation cannot speak on that platform"))?;
        let c = connector.capabilities();
        let private = f.last.is_some();
        if !(if private { c.reply_private } else { c.publish }) {
            return Err(Refusal::new("cannot", format!("{} does not let us write to them from here", c.title)));
        }
        let handle = self.handle.trim().trim_start_matches('@');
        let whole = if private { self.text.trim().to_owned() } else { format!("@{handle} {}", self.text.trim()) };
        if self.text.trim().is_empty() {
            return Err(Refusal::new("say-it", "the message is empty: write it"));
        }
        let text = words(&whole, count(&whole, &limits(c)), c.max_graphemes, &c.title)?;
        let reply = ReplyRow {
            id: env.moment.id(),
            account: self.account,
            message: f.last,
            private,
            text,
            key: env.moment.id::<uuid::Uuid>().to_string(),
            state: State::Waiting,
            why: String::new(),
            by,
            at: env.at(),
            remote_id: None,
            url: None,
        };
        let mut entry = Entry::default().id("reply", reply.id).id("account", self.account).code("private", private);
        if let Some(last) = f.last {
            entry = entry.id("message", last);
        }
        let entry = entry.value("handle", handle).value("text", &reply.text);
        let job = sending(&reply);
        Ok(Step::to(reply).entry(entry).job(job))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, reply: &ReplyRow) -> Result<Done, DbError> {
        store::insert_reply(tx, env.force, reply).await?;
        Ok(Done::id(reply.id))
    }
}
