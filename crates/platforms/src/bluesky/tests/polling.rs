//! What came: everything, once, and how often it is asked for.

use super::*;

/// The texts a poll brings until it says that there is no more, and the place after.
pub(super) async fn all(s: &Stand, mut cursor: Option<String>) -> (Vec<String>, Option<String>, Option<Micros>) {
    let mut texts = Vec::new();
    for _ in 0..50 {
        let page = done("poll", s.connector.poll(&s.net, &s.connection, cursor.as_deref()).await);
        for raw in &page.items {
            for inbound in s.connector.map(raw, FORCE).unwrap() {
                match inbound {
                    Inbound::Message(m) => texts.push(m.text),
                    Inbound::Deleted { remote_id, .. } => texts.push(format!("gone {remote_id}")),
                    Inbound::Ignored { why } => texts.push(format!("({why})")),
                    Inbound::Edited { text, .. } => texts.push(format!("edited {text}")),
                }
            }
        }
        cursor = page.next;
        if !page.more {
            return (texts, cursor, page.reaches_back_to);
        }
    }
    panic!("the poll never ends");
}

#[tokio::test]
async fn a_gap_is_filled_page_by_page_and_nothing_comes_twice() {
    let s = stand().await;
    s.net.state().chat = Some(vec![]);
    s.net.state().page = 3;
    let said = |n: i64, text: &str| s.net.reply(RESIDENT, &format!("key{n:010}"), text, (ROOT, "bafyroot"), NOW + n * SECOND);
    s.net.state().now = NOW;
    said(0, "before");
    let (texts, mut place, _) = all(&s, None).await;
    assert_eq!(texts, ["before"]);
    // Down for two hours, then ten messages wait.
    for n in 0..10 {
        s.net.state().now = NOW + (7200 + n * 60) * SECOND;
        said(7200 + n * 60, &format!("message {n}"));
    }
    let (texts, next, reached) = all(&s, place.clone()).await;
    let mut sorted = texts.clone();
    sorted.sort();
    assert_eq!(sorted, (0..10).map(|n| format!("message {n}")).collect::<Vec<_>>(), "each once");
    assert!(reached.unwrap() <= NOW, "and the list has been read back to what was known");
    place = next;
    let (texts, next, _) = all(&s, place).await;
    assert!(texts.is_empty(), "{texts:?}");
    s.net.state().now += SECOND;
    said(7900, "one more");
    assert_eq!(all(&s, next).await.0, ["one more"]);
}

#[tokio::test]
async fn items_of_one_instant_are_not_lost_at_a_pages_end() {
    let s = stand().await;
    s.net.state().chat = Some(vec![]);
    s.net.state().page = 3;
    let (_, place, _) = all(&s, None).await;
    s.net.state().now = NOW + 7200 * SECOND;
    for n in 0..10 {
        // Pairs of one instant, so that whatever the page, one of them is cut through.
        s.net.reply(RESIDENT, &format!("key{n}"), &format!("message {n}"), (ROOT, "bafyroot"), NOW + (3600 + n / 2) * SECOND);
    }
    let mut texts = all(&s, place).await.0;
    texts.sort();
    texts.dedup();
    assert_eq!(texts, (0..10).map(|n| format!("message {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_author_with_a_false_date_is_heard_and_a_lost_place_brings_everything() {
    let s = stand().await;
    s.net.state().chat = Some(vec![]);
    s.net.reply(RESIDENT, "key1", "on time", (ROOT, "bafyroot"), NOW);
    let (_, place, _) = all(&s, None).await;
    s.net.state().now = NOW + 60 * SECOND;
    s.net.reply(RESIDENT, "key2", "twenty minutes slow", (ROOT, "bafyroot"), NOW - 1200 * SECOND);
    let (texts, place, _) = all(&s, place).await;
    assert_eq!(texts, ["twenty minutes slow"]);
    s.net.reply(RESIDENT, "key3", "a year slow", (ROOT, "bafyroot"), NOW - 365 * 86_400 * SECOND);
    assert_eq!(all(&s, place).await.0, ["a year slow"], "what is new on the newest page is new, whatever its date");
    let mut again = all(&s, Some("not a place".into())).await.0;
    again.sort();
    assert_eq!(again, ["a year slow", "on time", "twenty minutes slow"]);
}

#[tokio::test]
async fn a_second_look_finds_edits_deletions_and_answers_with_false_dates() {
    let s = stand().await;
    let root = done("publish", s.connector.publish(&s.net, &s.connection, &item("r", "root")).await);
    let refs = (root.remote_id.as_str(), root.extra["cid"].as_str());
    let (stays, changes, goes) = (
        s.net.reply(RESIDENT, "a", "stays", refs, NOW),
        s.net.reply(RESIDENT, "b", "before", refs, NOW),
        s.net.reply(RESIDENT, "c", "goes", refs, NOW),
    );
    let mut known: Vec<Known> =
        [&stays, &changes, &goes].map(|u| Known { remote_id: u.clone(), revision: s.net.state().records[u].0.clone() }).to_vec();
    known.push(Known { remote_id: root.remote_id.clone(), revision: root.extra["cid"].clone() });
    let look = async |known: &[Known]| {
        let raws = done("revisit", s.connector.revisit(&s.net, &s.connection, known).await);
        raws.iter().flat_map(|r| s.connector.map(r, FORCE).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(look(&known).await, vec![], "nothing is new");
    s.net.state().now = NOW + 99;
    s.net.reply(RESIDENT, "b", "after", refs, NOW);
    s.net.state().records.remove(&goes);
    s.net.reply("did:plc:late", "d", "dated back a year", (&stays, "bafyx"), NOW - 365 * 86_400 * SECOND);
    let news = look(&known).await;
    assert_eq!(news.len(), 3, "{news:?}");
    let new_cid = s.net.state().records[&changes].0.clone();
    assert!(news.contains(&Inbound::Edited { remote_id: changes, text: "after".into(), at: NOW + 99, revision: new_cid }));
    assert!(news.contains(&Inbound::Deleted { remote_id: goes, at: NOW + 99 }));
    assert!(news.iter().any(|i| matches!(i, Inbound::Message(m) if m.text == "dated back a year" && m.author_id == "did:plc:late")));
    // Blocking somebody hides their posts from us; that is no deletion.
    done("block", s.connector.moderate(&s.net, &s.connection, Moderation::Block, &subject(), NOW).await);
    assert_eq!(look(&known[..1]).await, vec![]);
    s.net.state().records.remove(&root.remote_id);
    assert!(matches!(look(&known[3..]).await.as_slice(), [Inbound::Deleted { .. }]), "our own post, taken away by hand");
}

#[test]
fn it_is_asked_for_within_a_third_of_the_platforms_limit_and_never_more_than_once_a_second() {
    let connector = Bluesky::new();
    let with = |scope: &str| Connection {
        base: BASE.into(),
        remote_account: String::new(),
        handle: String::new(),
        secrets: BTreeMap::new(),
        facts: extra(&[("scope", scope)]),
        expires_at: None,
    };
    for scope in ["com.atproto.appPass", "com.atproto.appPassPrivileged"] {
        let calls = if scope.ends_with("Privileged") { 2 } else { 1 };
        for sharing in [0, 1, 3, 20, 200] {
            let every = connector.glance(&with(scope), sharing).unwrap();
            assert!(every >= 1_000_000);
            let asked_in_5_minutes = 300 * 1_000_000 / every * calls * i64::try_from(sharing).unwrap();
            assert!(asked_in_5_minutes <= 1_000, "{sharing} accounts with {scope} ask {asked_in_5_minutes} times");
        }
    }
}
