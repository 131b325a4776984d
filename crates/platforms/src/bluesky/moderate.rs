//! Measures: what the platform lets an account do about others, each safe to do twice but the report.

use super::client::{Client, Effect, Fault};
use super::publish::{delete, get};
use super::wire::*;
use super::{map, tid};
use crate::contract::*;
use crate::egress::Repeat;
use serde_json::{Value, json};

/// The platform's figure for hidden replies in one thread.
const MAX_HIDDEN: usize = 300;
/// Somebody else may change the same record meanwhile (the platform's own app, say).
const TRIES: usize = 4;
/// The platform's figure for the words of a report.
const MAX_REASON: usize = 2000;

pub(super) async fn moderate(
    client: &Client<'_>,
    connection: &Connection,
    what: Moderation,
    subject: &Subject,
    at: Micros,
) -> Result<(), Fault> {
    match what {
        Moderation::Hide => gate(client, connection, subject, at, true).await,
        Moderation::Unhide => gate(client, connection, subject, at, false).await,
        Moderation::Delete => refused("Bluesky lets nobody delete another person's reply: hide it or report it"),
        Moderation::Report => report(client, subject).await,
        Moderation::Block => block(client, connection, subject, at).await,
        Moderation::Unblock => unblock(client, connection, subject).await,
    }
}

fn refused<T>(why: &str) -> Result<T, Fault> {
    Err(Fault::Forbidden { why: why.to_string() })
}

/// The gate of a thread is one record beside its first post; the hidden replies are one of its fields, and the rest
/// of it (who may reply) stays as it is.
async fn gate(client: &Client<'_>, connection: &Connection, subject: &Subject, at: Micros, hide: bool) -> Result<(), Fault> {
    let Some(root) = subject.extra.get("root_uri") else {
        return refused("the thread of this reply is not known: it cannot be hidden");
    };
    let Some(own) = At::parse(root).filter(|r| r.did == connection.remote_account && r.collection == POST) else {
        return refused("a reply can be hidden only below this account's own post");
    };
    if At::parse(&subject.remote_id).is_none() || subject.remote_id == *root {
        return refused("this is not a reply on Bluesky");
    }
    for _ in 0..TRIES {
        let before = get(client, own.did, GATE, own.key).await?;
        let Some(record) = gate_record(before.as_ref(), root, &subject.remote_id, at, hide)? else {
            return Ok(());
        };
        let swap = before.map_or(Value::Null, |b| Value::String(b.cid));
        let body = json!({"repo": own.did, "collection": GATE, "rkey": own.key, "record": record, "swapRecord": swap});
        // Safe to repeat: what was done already is found so at the next turn.
        match client.post("com.atproto.repo.putRecord", &body, Effect::Write, Repeat::Safe).await {
            Ok(_) => return Ok(()),
            Err(fault) if fault.is("InvalidSwap") => continue,
            Err(fault) => return Err(fault),
        }
    }
    Err(Fault::Broken { why: "somebody else keeps changing the thread's settings: try again".into() })
}

/// PURE: the gate after the measure, or nothing where it says so already.
fn gate_record(before: Option<&Record>, root: &str, reply: &str, at: Micros, hide: bool) -> Result<Option<Value>, Fault> {
    let mut gate = match before.map(|b| b.value.clone()) {
        Some(gate @ Value::Object(_)) => gate,
        Some(_) => return Err(Fault::Broken { why: "the thread's settings are not in the expected shape".into() }),
        None => json!({"$type": GATE, "post": root, "createdAt": map::rfc3339(at).unwrap_or_else(|| "1970-01-01T00:00:00.000Z".into())}),
    };
    let mut hidden: Vec<Value> = gate.get("hiddenReplies").and_then(Value::as_array).cloned().unwrap_or_default();
    let there = hidden.iter().any(|h| h.as_str() == Some(reply));
    if there == hide {
        return Ok(None);
    }
    if !hide {
        hidden.retain(|h| h.as_str() != Some(reply));
    } else if hidden.len() >= MAX_HIDDEN {
        return refused("300 replies are hidden in this thread already, which is all that Bluesky allows: unhide one, or report it");
    } else {
        hidden.push(reply.into());
    }
    gate["hiddenReplies"] = Value::Array(hidden);
    Ok(Some(gate))
}

fn person<'a>(connection: &Connection, subject: &'a Subject) -> Result<&'a str, Fault> {
    match subject.author_id.as_str() {
        id if !is_did(id) => refused("this person is not known on Bluesky"),
        id if id == connection.remote_account => refused("an account cannot block itself"),
        id => Ok(id),
    }
}

async fn block(client: &Client<'_>, connection: &Connection, subject: &Subject, at: Micros) -> Result<(), Fault> {
    let did = person(connection, subject)?;
    let created = map::rfc3339(at).ok_or(Fault::Forbidden { why: "the time of the block is no time".into() })?;
    let record = json!({"$type": BLOCK, "subject": did, "createdAt": created});
    let key = tid::of_subject(BLOCK, did);
    let body = json!({"repo": connection.remote_account, "collection": BLOCK, "rkey": key, "record": record, "swapRecord": null});
    match client.post("com.atproto.repo.putRecord", &body, Effect::Write, Repeat::Safe).await {
        Ok(_) => Ok(()),
        // This person is blocked already.
        Err(fault) if fault.is("InvalidSwap") => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Our own record of the block, and any that was made elsewhere: the account's own list is read, never a profile (I9).
async fn unblock(client: &Client<'_>, connection: &Connection, subject: &Subject) -> Result<(), Fault> {
    let (did, own) = (person(connection, subject)?, connection.remote_account.as_str());
    delete(client, connection, At { did: own, collection: BLOCK, key: &tid::of_subject(BLOCK, did) }).await?;
    let mut cursor = String::new();
    loop {
        let mut query = vec![("repo", own), ("collection", BLOCK), ("limit", "100")];
        if !cursor.is_empty() {
            query.push(("cursor", cursor.as_str()));
        }
        let mut answer = client.get("com.atproto.repo.listRecords", &query).await?;
        let records: Vec<Record> = serde_json::from_value(answer.value["records"].take())
            .map_err(|_| Fault::Broken { why: "the server's list of blocks is not in the expected shape".into() })?;
        for record in records.iter().filter(|r| r.value.get("subject").and_then(Value::as_str) == Some(did)) {
            if let Some(at) = At::parse(&record.uri).filter(|at| at.did == own && at.collection == BLOCK) {
                delete(client, connection, at).await?;
            }
        }
        match answer.value.get("cursor").and_then(Value::as_str) {
            Some(next) if !records.is_empty() && next != cursor => cursor = next.to_string(),
            _ => return Ok(()),
        }
    }
}

/// Grounds as forces name them, and the network's names for them. The platform takes any word at all as a reason
/// and then nobody reads it, so the name is checked here.
const REASONS: [(&str, &str); 22] = [
    ("spam", "com.atproto.moderation.defs#reasonSpam"),
    ("violation", "com.atproto.moderation.defs#reasonViolation"),
    ("misleading", "com.atproto.moderation.defs#reasonMisleading"),
    ("misinformation", "com.atproto.moderation.defs#reasonMisleading"),
    ("impersonation", "com.atproto.moderation.defs#reasonMisleading"),
    ("fraud", "com.atproto.moderation.defs#reasonMisleading"),
    ("sexual", "com.atproto.moderation.defs#reasonSexual"),
    ("nudity", "com.atproto.moderation.defs#reasonSexual"),
    ("rude", "com.atproto.moderation.defs#reasonRude"),
    ("abuse", "com.atproto.moderation.defs#reasonRude"),
    ("abusive", "com.atproto.moderation.defs#reasonRude"),
    ("offensive", "com.atproto.moderation.defs#reasonRude"),
    ("threat", "tools.ozone.report.defs#reasonViolenceThreats"),
    ("threats", "tools.ozone.report.defs#reasonViolenceThreats"),
    ("violence", "tools.ozone.report.defs#reasonViolenceThreats"),
    ("harassment", "tools.ozone.report.defs#reasonHarassmentTargeted"),
    ("hate", "tools.ozone.report.defs#reasonHarassmentHateSpeech"),
    ("hate_speech", "tools.ozone.report.defs#reasonHarassmentHateSpeech"),
    ("racist", "tools.ozone.report.defs#reasonHarassmentHateSpeech"),
    ("child_abuse", "tools.ozone.report.defs#reasonChildSafetyCSAM"),
    ("self_harm", "tools.ozone.report.defs#reasonSelfHarmContent"),
    ("other", OTHER),
];
const OTHER: &str = "com.atproto.moderation.defs#reasonOther";

/// PURE: the reason's name and the words. A ground of the force's own that has no name of theirs goes as `other`,
/// and is said in the words.
fn reason(ground: &str, words: &str) -> Result<(&'static str, String), Fault> {
    let ground = ground.trim();
    let plain = ground.to_ascii_lowercase().replace(['-', ' '], "_");
    let named = REASONS.iter().find(|(code, name)| *code == plain || *name == ground).map(|(_, name)| *name);
    if named.is_none() && ground.contains('#') {
        return refused("this reason is not one that Bluesky knows: choose another ground");
    }
    let whole = if named.is_some() || ground.is_empty() { words.to_string() } else { format!("{ground}: {words}") };
    use unicode_segmentation::UnicodeSegmentation;
    Ok((named.unwrap_or(OTHER), whole.graphemes(true).take(MAX_REASON).collect()))
}

async fn report(client: &Client<'_>, subject: &Subject) -> Result<(), Fault> {
    let (kind, words) = reason(&subject.ground, &subject.reason)?;
    let about = if let Some((convo, message)) = parse_chat_id(&subject.remote_id) {
        json!({"$type": "chat.bsky.convo.defs#messageRef", "did": subject.author_id, "convoId": convo, "messageId": message})
    } else if At::parse(&subject.remote_id).is_some() {
        let Some(cid) = subject.extra.get("cid") else {
            return refused("the version of this item is not known: it cannot be reported");
        };
        json!({"$type": "com.atproto.repo.strongRef", "uri": subject.remote_id, "cid": cid})
    } else if is_did(&subject.author_id) {
        json!({"$type": "com.atproto.admin.defs#repoRef", "did": subject.author_id})
    } else {
        return refused("there is nothing on Bluesky to report");
    };
    let body = json!({"reasonType": kind, "reason": words, "subject": about});
    client.post("com.atproto.moderation.createReport", &body, Effect::Write, Repeat::Never).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "at://did:plc:force/app.bsky.feed.post/3kaaaaaaaaaaa";

    fn before(value: Value) -> Record {
        Record { uri: ROOT.replace(POST, GATE), cid: "bafgate".into(), value }
    }

    #[test]
    fn hiding_keeps_what_the_gate_says_otherwise() {
        let old = before(
            json!({"$type": GATE, "post": ROOT, "createdAt": "2026-01-01T00:00:00.000Z", "allow": [], "hiddenReplies": ["at://a/b/c"]}),
        );
        let new = gate_record(Some(&old), ROOT, "at://x/y/z", 0, true).unwrap().unwrap();
        assert_eq!(new["hiddenReplies"], json!(["at://a/b/c", "at://x/y/z"]));
        assert_eq!((&new["allow"], &new["createdAt"]), (&json!([]), &json!("2026-01-01T00:00:00.000Z")));
        let undone = gate_record(Some(&before(new)), ROOT, "at://x/y/z", 0, false).unwrap().unwrap();
        assert_eq!(undone, old.value, "unhiding gives back what was");
    }

    #[test]
    fn a_measure_already_taken_writes_nothing() {
        let old = before(json!({"hiddenReplies": ["at://x/y/z"]}));
        assert_eq!(gate_record(Some(&old), ROOT, "at://x/y/z", 0, true), Ok(None));
        assert_eq!(gate_record(Some(&old), ROOT, "at://o/o/o", 0, false), Ok(None));
        assert_eq!(gate_record(None, ROOT, "at://x/y/z", 0, false), Ok(None));
    }

    #[test]
    fn a_new_gate_lets_anyone_reply() {
        let new = gate_record(None, ROOT, "at://x/y/z", 1_790_000_000_000_000, true).unwrap().unwrap();
        assert!(new.get("allow").is_none(), "an `allow` of [] would close the thread");
        assert_eq!(new["post"], ROOT);
    }

    #[test]
    fn the_301st_is_refused() {
        let full: Vec<String> = (0..300).map(|i| format!("at://x/y/{i}")).collect();
        let old = before(json!({"hiddenReplies": full}));
        assert!(matches!(gate_record(Some(&old), ROOT, "at://x/y/new", 0, true), Err(Fault::Forbidden { .. })));
        assert_eq!(gate_record(Some(&old), ROOT, "at://x/y/7", 0, true), Ok(None), "one of the 300 is hidden already");
    }

    #[test]
    fn grounds_become_names_the_platform_knows() {
        assert_eq!(reason("hate-speech", "w").unwrap(), ("tools.ozone.report.defs#reasonHarassmentHateSpeech", "w".into()));
        assert_eq!(reason("Threat", "w").unwrap().0, "tools.ozone.report.defs#reasonViolenceThreats");
        assert_eq!(reason("com.atproto.moderation.defs#reasonSpam", "w").unwrap().0, "com.atproto.moderation.defs#reasonSpam");
        assert_eq!(reason("off_topic", "w").unwrap(), (OTHER, "off_topic: w".into()));
        assert!(reason("com.atproto.moderation.defs#reasonInvented", "w").is_err());
        assert_eq!(reason("other", &"e\u{301}".repeat(2001)).unwrap().1.chars().count(), 4000);
    }
}
