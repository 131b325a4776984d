//! What comes in: webhooks as a platform sends them, signed, tried again until they are answered or left. Beside them the
//! rehearsal platform's own public, whose lost webhooks only the poll can bring.

use super::dice::Dice;
use super::place::{HANDLE, Place};
use super::story::Stage;
use bluelamp_platforms::rehearsal::server::{Fault, Saying};
use bluelamp_platforms::rehearsal::wire::{Delivery, Event, Media, Message, Person, SIGNATURE, What, Where};
use bluelamp_platforms::rehearsal::{server, sign::sign};
use sha2::Digest;
use std::sync::Arc;
use std::time::Duration;

const WORDS: &[&str] = &[
    "Is the ring road open again?",
    "Thank you to the officer who helped my mother this morning.",
    "Somebody is breaking into the shop on Mill Lane right now, two men with hammers.",
    "He said he will stab her tonight, please come to 5 Elm Close.",
    "When is the next meeting of the Northfield team?",
    "My bike was stolen from the station last week, reference please.",
    "I do not want to live any more.",
];

/// A webhook body and what became of it.
#[derive(Clone)]
pub struct Sent {
    /// SHA-256 of the body.
    pub digest: String,
    /// Remote ids of messages that it creates.
    pub created: Vec<String>,
    /// Remote id and revision of an edit.
    pub edited: Option<(String, u32)>,
    pub readable: bool,
    /// Answered 200: from then on it is ours.
    pub acknowledged: bool,
}

/// One sender of webhooks until the stage ends.
pub async fn sender(stage: Arc<Stage>, nth: usize) {
    let mut dice = Dice::of(stage.seed, &format!("sender {nth}"));
    let mut ours: Vec<String> = Vec::new();
    let mut n = 0;
    while stage.goes_on() {
        n += 1;
        let (body, mut sent) = draw(&stage, &mut dice, nth, n, &ours);
        // A platform that hears nothing tries again; some give up, and then nothing is promised.
        let stubborn = dice.chance(80);
        let twice = dice.chance(10);
        loop {
            let answers = if twice {
                let (a, b) = tokio::join!(post(&stage, &body), post(&stage, &body));
                [a, b]
            } else {
                [post(&stage, &body).await, None]
            };
            if answers.contains(&Some(200)) {
                sent.acknowledged = true;
                ours.extend(sent.created.iter().cloned());
                break;
            }
            for status in answers.into_iter().flatten() {
                assert!(status >= 500, "a signed webhook was answered {status}");
            }
            if !stubborn {
                break;
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        stage.note(|n| n.sent.push(sent));
        tokio::time::sleep(dice.millis(5, 120)).await;
    }
}

fn draw(stage: &Stage, dice: &mut Dice, nth: usize, n: u32, ours: &[String]) -> (Vec<u8>, Sent) {
    let place = &stage.place;
    let mut sent = Sent { digest: String::new(), created: Vec::new(), edited: None, readable: true, acknowledged: false };
    let kind = dice.below(100);
    let body = if kind < 5 {
        sent.readable = false;
        format!("{{\"account\":\"a-{HANDLE}\",\"events\":[{{\"what\":\"unheard of {nth}-{n}\"}}]}}").into_bytes()
    } else if let (5..15, Some(known)) = (kind, ours.last()) {
        let revision = n + 1;
        sent.edited = Some((known.clone(), revision));
        let message = Message { revision, ..message(place, known.clone(), format!("I was wrong about that ({n})."), Vec::new()) };
        delivery(vec![event(n, What::Edited { message })])
    } else {
        let mut events = Vec::new();
        for part in 0..=dice.below(3) {
            let id = format!("t{nth}-{n}-{part}");
            let mut text = format!("{} ({nth}/{n})", dice.one(WORDS));
            if kind > 94 {
                // Too large for a row: the object store has it first.
                text = format!("{text} {}", "so much to say ".repeat(6_000));
            }
            let picture = Media { url: format!("{}/v1/media/street.png", place.platform.base_url), mime: "image/png".into(), alt: None };
            let media = if dice.chance(8) { vec![picture] } else { Vec::new() };
            sent.created.push(id.clone());
            events.push(event(n, What::Created { message: message(place, id, text, media) }));
        }
        delivery(events)
    };
    sent.digest = hex::encode(sha2::Sha256::digest(&body));
    (body, sent)
}

fn delivery(events: Vec<Event>) -> Vec<u8> {
    serde_json::to_vec(&Delivery { account: format!("a-{HANDLE}"), events }).expect("plain JSON")
}

fn event(n: u32, what: What) -> Event {
    Event { seq: 1_000_000 + u64::from(n), account: format!("a-{HANDLE}"), at: now(), what }
}

fn now() -> String {
    jiff::Timestamp::now().to_string()
}

fn message(place: &Place, id: String, text: String, media: Vec<Media>) -> Message {
    let author = Person { id: format!("u-{id}"), handle: format!("writer-{id}"), name: "A writer".into() };
    let url = Some(format!("{}/see/{id}", place.platform.base_url));
    let sent_at = now();
    Message { id, revision: 1, kind: Where::Comment, text, language: None, author, sent_at, url, parent: None, root: None, media }
}

/// One call, signed now. `None`: no answer.
async fn post(stage: &Stage, body: &[u8]) -> Option<u16> {
    let (path, secret) = &stage.place.hook;
    let request = stage
        .http
        .post(format!("{}{path}", stage.place.public))
        .header("content-type", "application/json")
        .header(SIGNATURE, sign(secret, jiff::Timestamp::now().as_second(), body))
        .body(body.to_vec());
    // The answer counts once it is whole.
    let response = request.send().await.ok()?;
    let status = response.status().as_u16();
    response.bytes().await.ok()?;
    Some(status)
}

/// The platform's own public, with webhooks that get lost, come twice, late or forged.
pub async fn platform(stage: Arc<Stage>) {
    let mut dice = Dice::of(stage.seed, "public");
    let faults = [Fault::Undelivered, Fault::Replay, Fault::Twice, Fault::OutOfOrder, Fault::WrongSignature, Fault::Error500];
    while stage.goes_on() {
        if dice.chance(25) {
            stage.place.platform.fault(*dice.one(&faults), 1);
        }
        let kind = *dice.one(&[Where::Comment, Where::Mention, Where::Private]);
        let text = format!("{} [{}]", dice.one(WORDS), dice.roll());
        let saying = server::Saying { to: HANDLE.into(), kind, text, language: None, parent: None, by: None };
        said(&stage, &saying);
        tokio::time::sleep(dice.millis(100, 500)).await;
    }
}

fn said(stage: &Stage, saying: &Saying) {
    stage.place.platform.say(saying).expect("the platform's file can be written");
}
