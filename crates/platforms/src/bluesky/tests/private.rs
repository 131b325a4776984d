//! Private messages, and life without them.

use super::polling::all;
use super::*;

fn wrote(n: usize, did: &str, text: &str) -> Value {
    event(
        "logCreateMessage",
        "c1",
        n,
        json!({"id": format!("m{n}"), "rev": format!("rev{n:05}"), "text": text, "sender": {"did": did}, "sentAt": "2026-08-20T10:00:00.000Z"}),
    )
}

#[tokio::test]
async fn private_messages_come_with_the_poll_and_are_answered_once() {
    let s = stand().await;
    s.net.state().chat = Some(vec![wrote(1, RESIDENT, "hello"), wrote(2, FORCE, "good morning")]);
    let (texts, place, _) = all(&s, None).await;
    assert_eq!(texts, ["(a private message of the account's own)", "hello"]);
    {
        let mut state = s.net.state();
        let log = state.chat.as_mut().unwrap();
        log.extend([wrote(3, RESIDENT, "are you there"), wrote(4, RESIDENT, "please"), wrote(5, RESIDENT, "quickly")]);
        log.push(event(
            "logDeleteMessage",
            "c1",
            6,
            json!({"id": "m1", "rev": "x", "sender": {"did": RESIDENT}, "sentAt": "2026-08-20T10:00:00.000Z"}),
        ));
    }
    let (texts, place, _) = all(&s, place).await;
    assert_eq!(texts, ["are you there", "please", "quickly", "gone chat/c1/m1"]);
    let to = ReplyTo {
        remote_id: "chat/c1/m3".into(),
        extra: extra(&[("convo_id", "c1")]),
        private: true,
        author_id: RESIDENT.into(),
        author_handle: String::new(),
    };
    let reply = Outgoing { reply_to: Some(to), ..item("k", &"long ".repeat(100)) };
    assert_eq!(done("find", s.connector.find(&s.net, &s.connection, &reply).await), None);
    let lossy = suite::Lossy::new(&s.net, suite::Lose::Answer);
    assert!(matches!(s.connector.publish(&lossy, &s.connection, &reply).await, Outcome::Unknown { .. }));
    let sent = done("publish", s.connector.publish(&s.net, &s.connection, &reply).await);
    assert_eq!(s.net.calls("sendMessage"), 1, "the one that got through is found");
    assert_eq!(
        done("read back", s.connector.read_back(&s.net, &s.connection, &sent.remote_id).await),
        Seen::Live { text: reply.text.clone() }
    );
    assert!(matches!(s.connector.delete(&s.net, &s.connection, &sent.remote_id).await, Outcome::Rejected { .. }));
    assert_eq!(all(&s, place).await.0, ["(a private message of the account's own)"]);
    let too_long = Outgoing { text: "x".repeat(1001), ..reply };
    assert!(matches!(s.connector.publish(&s.net, &s.connection, &too_long).await, Outcome::Rejected { .. }));
}

#[tokio::test]
async fn without_private_messages_the_rest_goes_on_and_it_is_said_once() {
    let s = stand().await;
    s.net.reply(RESIDENT, "key1", "in public", (ROOT, "bafyroot"), NOW);
    let (texts, place, _) = all(&s, None).await;
    assert_eq!(texts.len(), 2);
    assert!(texts[0] == "in public" && texts[1].contains("private messages cannot be read"), "{texts:?}");
    let (texts, place, _) = all(&s, place).await;
    assert_eq!((texts.len(), s.net.calls("chat.bsky")), (0, 1), "they are left alone for a while");
    s.net.state().now = NOW + 16 * 60 * SECOND;
    s.net.state().chat = Some(vec![wrote(1, RESIDENT, "hello")]);
    assert_eq!(all(&s, place).await.0, ["hello"], "and come when they are there again");
    assert!(s.connector.limits(&s.connection).read_private);
    let mut narrow = s.connection.clone();
    narrow.facts.insert("scope".into(), "com.atproto.appPass".into());
    assert!(!s.connector.limits(&narrow).read_private && s.connector.capabilities().read_private);
}
