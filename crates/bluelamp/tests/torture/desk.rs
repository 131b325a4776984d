//! The people: a desk that works what came in, a publisher who posts and takes down, both through the API with a key for
//! each act, which is the same however often the request has to be made.

use super::count::Ask;
use super::dice::Dice;
use super::place::Place;
use super::story::Stage;
use bluelamp_domain::triage::Dimension;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// An act that was answered.
#[derive(Clone)]
pub struct Answered {
    pub act: &'static str,
    /// `done`, `held` or `refused`.
    pub outcome: &'static str,
    /// The id of what it made or changed.
    pub id: String,
    /// Words of its own, by which what it made is told from everything else.
    pub mark: String,
}

/// Makes the request until it is answered. Every act ends here, so that nothing is left in doubt.
async fn act(stage: &Stage, token: &str, key: &str, name: &'static str, input: Value, mark: &str) -> Answered {
    let url = format!("{}/api/v1/acts/{name}", stage.place.staff);
    loop {
        let request = stage.http.post(&url).bearer_auth(token).header("idempotency-key", key).json(&input);
        if let Some((status, body)) = answer(request).await {
            let outcome = match status {
                200 => "done",
                202 => "held",
                401 => panic!("the token was refused: {body}"),
                429 | 500.. => "",
                _ => "refused",
            };
            if !outcome.is_empty() {
                let id = body["id"].as_str().unwrap_or_default().to_owned();
                let answered = Answered { act: name, outcome, id, mark: mark.to_owned() };
                if outcome != "done" {
                    stage.note(|n| n.refusals.push(format!("{name}: {body}")));
                }
                stage.note(|n| n.answered.push(answered.clone()));
                return answered;
            }
        }
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
}

/// The desk takes what came in, notes, answers, ends.
pub async fn desk(stage: Arc<Stage>) {
    let mut dice = Dice::of(stage.seed, "desk");
    let mut n = 0u32;
    while stage.goes_on() {
        let waiting = stage.open_messages().await;
        for (id, remote) in waiting.into_iter().take(6) {
            n += 1;
            let token = &stage.place.desk.0;
            let key = |what: &str| format!("{what}-{n}");
            if act(&stage, token, &key("claim"), "desk.claim", json!({ "message": id }), "").await.outcome != "done" {
                continue;
            }
            let mark = format!("torture note {n}");
            act(&stage, token, &key("note"), "desk.note", json!({ "message": id, "note": mark }), &mark).await;
            // A person's word, whatever triage said of it: then it may be closed (LEICS-TRIAGE-2).
            let answers: Vec<Value> = Dimension::ALL.iter().map(|d| json!({ "dimension": d.name(), "yes": true })).collect();
            let assess = json!({ "message": id, "answers": answers, "decided": "routine", "reason": "read, and known already" });
            act(&stage, token, &key("assess"), "desk.assess", assess, "").await;
            // Only what the platform itself knows can be answered there.
            if remote.starts_with('m') && dice.chance(50) {
                let mark = format!("Thank you, we have passed this on. Reference {n}.");
                act(&stage, token, &key("reply"), "desk.reply", json!({ "message": id, "text": mark }), &mark).await;
            }
            let close = json!({ "message": id, "outcome": "no_action_needed", "note": format!("torture close {n}") });
            act(&stage, token, &key("close"), "desk.close", close, "").await;
            if !stage.goes_on() {
                return;
            }
        }
        tokio::time::sleep(dice.millis(50, 300)).await;
    }
}

/// Posts go out, some come down again.
pub async fn publisher(stage: Arc<Stage>) {
    let mut dice = Dice::of(stage.seed, "publisher");
    let mut n = 0u32;
    let mut out: Vec<String> = Vec::new();
    while stage.goes_on() {
        n += 1;
        let token = &stage.place.publisher.0;
        let mark = format!("The road at Ostlebury is open again, thank you for your patience. Notice {n}.");
        let content = json!({
            "purpose": stage.place.purpose, "audience": "Everyone who lives here", "text": mark, "language": "en",
            "accounts": [stage.place.account],
        });
        let made = act(&stage, token, &format!("draft-{n}"), "publishing.create_draft", json!({ "content": content }), &mark).await;
        if made.outcome == "done" {
            let publish = json!({ "draft": made.id, "revision": 1 });
            if act(&stage, token, &format!("publish-{n}"), "publishing.publish", publish, &mark).await.outcome == "done" {
                out.push(made.id);
            }
        }
        if out.len() > 2 && dice.chance(30) {
            let draft = out.remove(0);
            let input = json!({ "draft": draft, "reason": "new information" });
            act(&stage, token, &format!("down-{n}"), "publishing.take_down", input, "").await;
        }
        tokio::time::sleep(dice.millis(150, 700)).await;
    }
}

impl Stage {
    /// Open messages that nobody has, as the database has them while the program runs.
    async fn open_messages(&self) -> Vec<(String, String)> {
        let place: &Place = &self.place;
        let Some(mut ask) = Ask::open(place).await else { return Vec::new() };
        ask.pairs(
            "SELECT {id} AS a, remote_id AS b FROM message WHERE state = 'open' AND claimed_by IS NULL ORDER BY CASE WHEN remote_id LIKE 'm%' THEN 0 ELSE 1 END, received_at DESC LIMIT 40",
        )
        .await
    }
}
