//! Hiding, blocking, reporting: as far as the platform goes, and no further.

use super::*;

#[tokio::test]
async fn hiding_survives_somebody_elses_change_of_the_same_record() {
    let s = stand().await;
    let gate = ROOT.replace(POST, GATE);
    let theirs = json!({"$type": GATE, "post": ROOT, "createdAt": "2026-01-01T00:00:00.000Z", "hiddenReplies": ["at://did:plc:o/app.bsky.feed.post/x"]});
    // A key of 13 characters, as the double is strict about it.
    assert_eq!(ROOT.rsplit('/').next().unwrap().len(), 13);
    s.net.state().meanwhile = Some((gate.clone(), theirs));
    done("hide", s.connector.moderate(&s.net, &s.connection, Moderation::Hide, &subject(), NOW).await);
    assert_eq!(s.net.state().records[&gate].1["hiddenReplies"].as_array().unwrap().len(), 2, "theirs and ours");
    let writes = s.net.calls("putRecord");
    done("hide again", s.connector.moderate(&s.net, &s.connection, Moderation::Hide, &subject(), NOW + 1).await);
    assert_eq!(s.net.calls("putRecord"), writes, "what is hidden is not written again");
    done("unhide", s.connector.moderate(&s.net, &s.connection, Moderation::Unhide, &subject(), NOW).await);
    assert_eq!(s.net.state().records[&gate].1["hiddenReplies"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn only_below_our_own_post_can_a_reply_be_hidden() {
    let s = stand().await;
    let mut elsewhere = subject();
    elsewhere.extra.insert("root_uri".into(), ROOT.replace(FORCE, "did:plc:other"));
    let mut unknown = subject();
    unknown.extra.clear();
    for subject in [elsewhere, unknown] {
        let outcome = s.connector.moderate(&s.net, &s.connection, Moderation::Hide, &subject, NOW).await;
        assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_block_is_one_record_and_an_unblock_finds_those_made_elsewhere() {
    let s = stand().await;
    let act = async |what, at| done("moderate", s.connector.moderate(&s.net, &s.connection, what, &subject(), at).await);
    let blocks = || s.net.state().records.iter().filter(|(u, (_, v, _))| u.contains(BLOCK) && v["subject"] == RESIDENT).count();
    act(Moderation::Block, NOW).await;
    act(Moderation::Block, NOW + SECOND).await;
    assert_eq!(blocks(), 1, "blocking twice is one block");
    for (key, who) in
        [("2222222222222", "did:plc:x"), ("2222222222223", "did:plc:y"), ("2222222222224", RESIDENT), ("zzzzzzzzzzzzz", RESIDENT)]
    {
        s.net.write(FORCE, BLOCK, key, json!({"$type": BLOCK, "subject": who, "createdAt": "2026-01-01T00:00:00.000Z"}));
    }
    act(Moderation::Unblock, NOW).await;
    assert_eq!(blocks(), 0, "also those of the platform's own app");
    assert_eq!(s.net.state().records.keys().filter(|u| u.contains(BLOCK)).count(), 2, "and nobody else's");
    act(Moderation::Unblock, NOW).await;
    let mut own = subject();
    own.author_id = FORCE.into();
    let outcome = s.connector.moderate(&s.net, &s.connection, Moderation::Block, &own, NOW).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_report_names_the_version_and_a_reason_the_platform_knows() {
    let s = stand().await;
    done("report", s.connector.moderate(&s.net, &s.connection, Moderation::Report, &subject(), NOW).await);
    let person = Subject { remote_id: String::new(), ..subject() };
    done("report", s.connector.moderate(&s.net, &s.connection, Moderation::Report, &person, NOW).await);
    let private = Subject { remote_id: "chat/c1/m1".into(), ..subject() };
    done("report", s.connector.moderate(&s.net, &s.connection, Moderation::Report, &private, NOW).await);
    let reports = s.net.state().reports.clone();
    assert_eq!(reports[0]["reasonType"], "com.atproto.moderation.defs#reasonRude");
    assert_eq!(reports[0]["subject"], json!({"$type": "com.atproto.repo.strongRef", "uri": REPLY, "cid": "bafyreply"}));
    assert_eq!(reports[1]["subject"], json!({"$type": "com.atproto.admin.defs#repoRef", "did": RESIDENT}));
    assert_eq!(reports[2]["subject"]["messageId"], "m1");
    let invented = Subject { ground: "tools.ozone.report.defs#reasonInvented".into(), ..subject() };
    let outcome = s.connector.moderate(&s.net, &s.connection, Moderation::Report, &invented, NOW).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    assert_eq!(s.net.state().reports.len(), 3);
}
