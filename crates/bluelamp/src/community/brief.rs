//! What was done about a message and what can be, in brief: for the conversation at the desk, beside the words it is
//! about. The whole, with blocking, advice and evidence, has its own page.

use super::acts::hide::Hide;
use super::store;
use super::view::{self, MEASURES};
use crate::accounts::AccountRow;
use crate::act::{Ctx, Fault};
use crate::db::{DbError, Tx};
use crate::http::moment;
use crate::http::view::{Choice, Moment};
use crate::intake::store::MessageRow;
use bluelamp_domain::community::{self, Kind, State};
use bluelamp_domain::decision::Rating;
use bluelamp_domain::ids::{MessageId, PersonId};
use bluelamp_policy::Words;
use std::collections::HashMap;

/// What a person may do about moderation from the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Nothing of it is theirs to see.
    Nothing,
    See,
    Act,
}

/// Asks policy, before the page opens its transaction.
pub async fn may(ctx: &Ctx, message: MessageId) -> Result<May, Fault> {
    if ctx.may_read("read.moderation").await?.rating != Rating::Green {
        return Ok(May::Nothing);
    }
    let ground = ctx.pack().await?.words().grounds.first().map_or_else(String::new, |g| g.code.clone());
    let acts = view::given(ctx, &Hide { message, ground, reason: String::new() }).await?;
    Ok(if acts { May::Act } else { May::See })
}

/// The card beside the conversation.
pub struct Brief {
    /// Where all of it stands: blocking, advice, evidence, second looks.
    pub href: String,
    pub lines: Vec<Line>,
    pub grounds: Vec<Choice>,
    pub offers: Vec<Offer>,
    pub undo: Option<Offer>,
}

/// A measure that was taken.
pub struct Line {
    pub href: String,
    pub kind: &'static str,
    pub ground: String,
    pub state: &'static str,
    /// On its way or done, and not taken back.
    pub stands: bool,
    pub tone: &'static str,
    pub who: String,
    pub at: Moment,
}

/// An act with its form's address.
pub struct Offer {
    pub action: String,
    pub label: &'static str,
    pub says: &'static str,
    pub look: &'static str,
}

/// Reads what was done; offers what the platform can do and the person may.
pub async fn read(
    ctx: &Ctx,
    tx: &mut Tx,
    m: &MessageRow,
    account: &AccountRow,
    names: &HashMap<PersonId, String>,
    words: &Words,
    may: May,
) -> Result<Option<Brief>, DbError> {
    if may == May::Nothing {
        return Ok(None);
    }
    let measures = store::measures_of(tx, ctx.force, m.id).await?;
    let hidden = store::newest(tx, ctx.force, Kind::Hide, account.id, m.id, m.correspondent).await?;
    let subject = view::subject(m, account);
    let offer =
        |kind: Kind, label, says, look| Offer { action: format!("/community/messages/{}/{}", m.id, kind.name()), label, says, look };
    let possible = |kind| may == May::Act && community::possible(kind, &subject).is_ok();
    let stands = |kind| measures.iter().any(|x| x.kind == kind && x.state.stands()) || (kind == Kind::Hide && m.hidden);
    let acts = MEASURES.into_iter().filter(|(kind, ..)| possible(*kind) && !stands(*kind));
    // Taking back a block is for those who decide on blocks: on the message's own page.
    let done = hidden.is_some_and(|e| matches!(e.state, State::Done | State::Unknown));
    let undo = (done && possible(Kind::Unhide)).then(|| offer(Kind::Unhide, "Show it again", "Everybody sees it again.", "quiet"));
    let lines = measures.iter().map(|x| {
        let (state, tone) = view::state_words(x.state);
        Line {
            href: format!("/community/measures/{}", x.id),
            kind: view::kind_label(x.kind),
            ground: words.ground(&x.ground).map_or_else(|| x.ground.clone(), |g| g.title.clone()),
            state,
            stands: x.state.stands() && x.kind.undoes().is_none(),
            tone,
            who: view::who(names, &x.taken_by),
            at: moment(ctx, x.taken_at),
        }
    });
    Ok(Some(Brief {
        href: format!("/community/messages/{}", m.id),
        lines: lines.collect(),
        grounds: words.grounds.iter().map(|g| Choice::new(g.code.clone(), g.title.clone())).collect(),
        offers: acts.map(|(kind, label, says, look)| offer(kind, label, says, look)).collect(),
        undo,
    }))
}
