//! Their bytes to our messages.

use super::*;

fn message(raw: &Raw) -> InboundMessage {
    match Bluesky::new().map(raw, FORCE).unwrap().remove(0) {
        Inbound::Message(m) => m,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_below_our_post_is_a_comment_with_all_that_an_answer_needs() {
    let m = message(&fixture_notifications()[0]);
    assert_eq!((m.remote_id.as_str(), m.revision.as_str(), m.kind), (REPLY, "bafyreply", MessageKind::Comment));
    assert_eq!(m.text, "Café window broken 🚔 see photo and this page", "without U+0000");
    assert_eq!((m.author_id.as_str(), m.author_handle.as_str(), m.author_name.as_str()), (RESIDENT, "resident.test", "A resident"));
    assert_eq!(m.sent_at, 1_787_220_000 * SECOND, "by the network");
    assert_eq!(m.parent.as_deref(), Some("at://did:plc:other/app.bsky.feed.post/3mfixtureparn"));
    assert_eq!(m.root.as_deref(), Some(ROOT));
    assert_eq!(m.url.as_deref(), Some("https://bsky.app/profile/did:plc:resident/post/3mfixture2222"));
    let wanted = [
        ("cid", "bafyreply"),
        ("root_uri", ROOT),
        ("root_cid", "bafyroot"),
        ("created_at", "2026-08-20T09:59:58.000Z"),
        ("links", "https://example.org/elsewhere"),
    ];
    assert_eq!(m.extra, extra(&wanted));
    let picture =
        InboundMedia { url: format!("{REPLY}#bafkpicture"), mime: Some("image/jpeg".into()), alt: Some("a broken window".into()) };
    assert_eq!(m.media, vec![picture]);
}

#[test]
fn mentions_and_quotes_stand_alone_and_the_rest_is_ignored_with_why() {
    let raws = fixture_notifications();
    let mention = message(&raws[1]);
    assert_eq!((mention.kind, mention.parent, mention.root), (MessageKind::Mention, None, None));
    assert_eq!(mention.extra["root_uri"], "at://did:plc:visitor/app.bsky.feed.post/3mfixture3333", "an answer to it begins a thread there");
    let quote = message(&raws[2]);
    assert_eq!((quote.kind, quote.extra["quotes"].as_str()), (MessageKind::Mention, ROOT));
    assert_eq!(quote.media[0].url, "at://did:plc:visitor/app.bsky.feed.post/3mfixture4444#bafkvideo");
    assert_eq!(quote.media[0].mime, None, "a video is kept as its still picture");
    for (i, why) in [(3, "like"), (4, "own")] {
        match Bluesky::new().map(&raws[i], FORCE).unwrap().as_slice() {
            [Inbound::Ignored { why: said }] => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn private_messages_name_their_conversation() {
    let m = message(&raw("private", &fixture(include_str!("../fixtures/private.json"))));
    assert_eq!((m.kind, m.remote_id.as_str(), m.root.as_deref()), (MessageKind::Private, "chat/3mconvo/3mmessage", Some("chat/3mconvo")));
    assert_eq!((m.author_handle.as_str(), m.author_name.as_str()), ("resident.test", "A resident"));
    assert_eq!(m.extra, extra(&[("convo_id", "3mconvo"), ("message_id", "3mmessage")]));
}

#[test]
fn what_is_not_a_message_is_an_error_that_shows_no_content() {
    for (kind, body) in
        [("notification", "not json"), ("notification", "{}"), ("reply", "{}"), ("private", "[]"), ("gone", r#"{"id":"x","seen_at":1}"#)]
    {
        let error = Bluesky::new().map(&Raw { kind: kind.into(), body: body.into() }, FORCE).unwrap_err();
        assert!(error.to_string().contains("bluesky") && !error.to_string().contains("not json"), "{error}");
    }
}
