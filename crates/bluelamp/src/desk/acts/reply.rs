//! `desk.reply`: an answer to a message, checked against the policy like a post and put in publishing's outbox, which
//! sends it once, reads it back and can take it down (I4).

use super::{OnMessage, on_message, person, save};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use crate::intake;
use crate::intake::store::{CorrespondentRow, MessageRow, contacts};
use crate::publishing::outbox::{self, NewReply};
use crate::publishing::subject::{limits_of, signs_of};
use bluelamp_domain::act::{Permit, Refusal, Step};
use bluelamp_domain::desk::reply::words;
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::publishing::check::count;
use bluelamp_domain::question::{Question, Value};
use bluelamp_platforms::ReplyTo;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    pub message: MessageId,
    pub text: String,
    /// To its author alone; what came in private is never answered in public.
    #[serde(default)]
    pub private: bool,
}

pub struct Facts {
    on: OnMessage,
    signs: BTreeSet<String>,
    them: Option<CorrespondentRow>,
    contacted_first: bool,
    organisation: bool,
}

pub struct Change {
    reply: NewReply,
    message: MessageRow,
}

impl Reply {
    fn in_private(&self, on: &OnMessage) -> bool {
        self.private || on.message.is_private()
    }
}

impl Act for Reply {
    const NAME: &'static str = "desk.reply";
    const SAYS: &'static str = "Answer a message.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let on = on_message(tx, env, self.message).await?;
        let them = intake::queue::store::correspondent(tx, env.force, on.message.correspondent).await?;
        let (mut contacted_first, mut organisation) = (false, false);
        if let Some(them) = &them {
            contacted_first = intake::queue::store::contacted_first(tx, env.force, on.message.account, &them.remote_id).await?;
            organisation = contacts::is_organisation(tx, env.force, &on.account.platform, &them.handle).await?;
        }
        let signs = signs_of(tx, env, &on.account, &self.text).await?;
        Ok(Facts { on, signs, them, contacted_first, organisation })
    }

    fn questions(&self, f: &Facts, env: &Env<'_>) -> Vec<Question> {
        let private = self.in_private(&f.on);
        // An agreement is to these words, said this way; other words ask again.
        let rests_on = crate::app::digest(format!("{private} {}", self.text).as_bytes());
        let question =
            f.on.question(Self::NAME, env)
                .given("private", private)
                .given("signs", Value::texts(&f.signs))
                .given("contactedFirst", f.contacted_first)
                .given("organisation", f.organisation)
                .resting_on(rests_on);
        vec![question]
    }

    fn rule(&self, f: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let by = person(env)?;
        if f.on.closed() {
            return Err(Refusal::new("closed", "this message is closed; reopen it to answer it"));
        }
        if f.on.message.deleted_at.is_some() && !f.on.message.is_private() {
            return Err(Refusal::new("gone", "its author took the message away, so there is nothing to answer in public"));
        }
        let connector = env.app.connector(&f.on.account.platform);
        let connector = connector.ok_or_else(|| Refusal::new("no-connector", "this installation cannot speak on that platform"))?;
        let c = connector.capabilities();
        let private = self.in_private(&f.on);
        if !(if private { c.reply_private } else { c.reply }) {
            let how = if private { "in private" } else { "in public" };
            return Err(Refusal::new("cannot", format!("{} lets nobody answer {how} from here", c.title)));
        }
        let Some(them) = &f.them else {
            return Err(Refusal::new("gone", "nothing is held of its author any more, so there is nobody to answer"));
        };
        let limits = limits_of(env.app, &f.on.account, None);
        let text = words(&self.text, count(self.text.trim(), &limits), limits.max_graphemes, &c.title)?;
        if limits.max_bytes.is_some_and(|most| text.len() > most) {
            return Err(Refusal::new("too-long", format!("{} takes less text than this: shorten it", c.title)));
        }
        let m = &f.on.message;
        let reply = NewReply {
            draft: env.moment.id(),
            post: env.moment.id(),
            key: env.moment.id(),
            revision: env.moment.id(),
            account: f.on.account.id,
            author: by,
            text,
            language: "en".into(),
            message: Some(self.message),
            reply_to: Some(ReplyTo {
                remote_id: m.remote_id.clone(),
                extra: m.extra.clone(),
                private,
                author_id: them.remote_id.clone(),
                author_handle: them.handle.clone(),
            }),
        };
        let entry = f.on.entry().id("draft", reply.draft).id("post", reply.post).code("private", private).value("text", &reply.text);
        let job = outbox::deliver_job(reply.post, env.at());
        Ok(Step::to(Change { reply, message: f.on.alive(env) }).entry(entry).job(job))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        outbox::queue_reply(tx, env.force, &c.reply, env.at()).await?;
        save(tx, env, &c.message).await?;
        Ok(Done::id(c.reply.draft))
    }
}
