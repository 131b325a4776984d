//! Comments that may meet a ground, with the words that say so (LEICS-MOD-1). Triage notices, a person decides: nothing
//! here changes anything.

use crate::act::Ctx;
use crate::db::{DbError, Tx};
use crate::intake::queue::{self, QueueRow};
use bluelamp_domain::ids::MessageId;
use bluelamp_domain::time::Instant;
use bluelamp_domain::triage::{Signal, Triage};
use bluelamp_policy::{Code, Words};

/// A ground that a message may meet, and what was noticed of it.
pub struct Meets<'a> {
    pub ground: &'a Code,
    pub signal: &'a Signal,
}

/// Does this signal speak of the ground? By its own id, or its category.
fn speaks_of(ground: &Code, signal: &Signal) -> bool {
    ground.signals.iter().any(|s| *s == signal.id || *s == signal.category)
}

/// Every ground that triage's own words suggest, in the order of the policy.
pub fn meets<'a>(words: &'a Words, triage: &'a Triage) -> Vec<Meets<'a>> {
    let of = |ground: &'a Code| triage.signals.iter().filter(move |s| speaks_of(ground, s)).map(move |signal| Meets { ground, signal });
    words.grounds.iter().flat_map(of).collect()
}

/// What the statement looks for in a message's triage: the ids and categories as its JSON writes them.
fn needles(words: &Words) -> Vec<String> {
    words.grounds.iter().flat_map(|g| &g.signals).flat_map(|s| [format!("\"id\":\"{s}\""), format!("\"category\":\"{s}\"")]).collect()
}

/// Open public comments that may meet a ground, newest first, before a row.
pub async fn flagged(
    ctx: &Ctx,
    tx: &mut Tx,
    words: &Words,
    before: Option<(Instant, MessageId)>,
    limit: i64,
) -> Result<Vec<QueueRow>, DbError> {
    let needles = needles(words);
    if needles.is_empty() {
        return Ok(Vec::new());
    }
    queue::store::noticed(tx, ctx.force, &ctx.scope, &needles, before, limit).await
}

/// The text cut at the marked words: pieces that together are the whole, each marked or not.
pub fn marked(text: &str, signals: &[&Signal]) -> Vec<(String, bool)> {
    let mut spans: Vec<(usize, usize)> = signals.iter().filter(|s| !s.carried).flat_map(|s| &s.spans).map(|s| (s.start, s.end)).collect();
    spans.sort_unstable();
    // Words that several signals point at are one mark.
    spans.dedup_by(|next, last| {
        let joined = next.0 <= last.1;
        if joined {
            last.1 = last.1.max(next.1);
        }
        joined
    });
    let mut out = Vec::new();
    let mut at = 0;
    for (start, end) in spans {
        // A span that does not fit these words belongs to an earlier revision.
        let (Some(before), Some(hit)) = (text.get(at..start), text.get(start..end)) else { continue };
        if !before.is_empty() {
            out.push((before.to_owned(), false));
        }
        if !hit.is_empty() {
            out.push((hit.to_owned(), true));
        }
        at = end;
    }
    match text.get(at..) {
        Some(rest) if !rest.is_empty() => out.push((rest.to_owned(), false)),
        _ => {}
    }
    out
}
