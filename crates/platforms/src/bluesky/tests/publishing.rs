//! Posts out: once, whole, and at their own address.

use super::*;

#[tokio::test]
async fn a_post_carries_its_pictures_places_and_language() {
    let s = stand().await;
    let picture = Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: "A blue square".into(), width: 3, height: 2 };
    let text = "🚓 #Leeds @resident.test @nobody.test https://example.org/é";
    let post = Outgoing { images: vec![picture.clone(), picture], ..item("k", text) };
    let receipt = done("publish", s.connector.publish(&s.net, &s.connection, &post).await);
    let record = s.net.state().records[&receipt.remote_id].1.clone();
    assert_eq!(record["langs"], json!(["en"]));
    assert_eq!(record["embed"]["images"][1]["alt"], "A blue square");
    assert_eq!(record["embed"]["images"][0]["aspectRatio"], json!({"width": 3, "height": 2}));
    let said: Vec<(&str, &Value)> = record["facets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            (&text[f["index"]["byteStart"].as_u64().unwrap() as usize..f["index"]["byteEnd"].as_u64().unwrap() as usize], &f["features"][0])
        })
        .collect();
    assert_eq!(said.len(), 3, "a handle nobody has stays text");
    assert_eq!((said[0].0, &said[0].1["tag"]), ("#Leeds", &json!("Leeds")));
    assert_eq!((said[1].0, &said[1].1["did"]), ("@resident.test", &json!(RESIDENT)));
    assert_eq!((said[2].0, &said[2].1["uri"]), ("https://example.org/é", &json!("https://example.org/é")));
    assert_eq!(
        receipt.url,
        format!("https://bsky.app/profile/{}", receipt.remote_id.trim_start_matches("at://").replace("/app.bsky.feed.post/", "/post/"))
    );
}

#[tokio::test]
async fn a_picture_that_cannot_be_uploaded_leaves_nothing_behind() {
    let s = stand().await;
    let picture = Image { bytes: PNG.to_vec(), mime: "image/png".into(), alt: "A square".into(), width: 1, height: 1 };
    let post = Outgoing { images: vec![picture], ..item("k", "picture") };
    s.net.state().faults.push_back(Ok(answer(500, &[], "{}")));
    let outcome = s.connector.publish(&s.net, &s.connection, &post).await;
    assert!(matches!(outcome, Outcome::Broken { .. }), "nothing was published, and that is known: {outcome:?}");
    assert_eq!(s.net.calls("putRecord"), 0);
}

#[tokio::test]
async fn a_thread_keeps_its_first_post_as_root_and_an_answer_names_what_it_answers() {
    let s = stand().await;
    let first = done("publish", s.connector.publish(&s.net, &s.connection, &item("1", "one")).await);
    let to = |r: &Receipt| ReplyTo {
        remote_id: r.remote_id.clone(),
        extra: r.extra.clone(),
        private: false,
        author_id: FORCE.into(),
        author_handle: "force.test".into(),
    };
    let part = |key: &str, text: &str, r: &Receipt| Outgoing { reply_to: Some(to(r)), ..item(key, text) };
    let second = done("publish", s.connector.publish(&s.net, &s.connection, &part("2", "two", &first)).await);
    let third = done("publish", s.connector.publish(&s.net, &s.connection, &part("3", "three", &second)).await);
    let record = |r: &Receipt| s.net.state().records[&r.remote_id].1["reply"].clone();
    assert_eq!(record(&third)["root"], json!({"uri": first.remote_id, "cid": first.extra["cid"]}));
    assert_eq!(record(&third)["parent"], json!({"uri": second.remote_id, "cid": second.extra["cid"]}));
    // The same, when all that is known of the message is its address.
    let mut bare = part("4", "four", &third);
    bare.reply_to.as_mut().unwrap().extra.clear();
    let fourth = done("publish", s.connector.publish(&s.net, &s.connection, &bare).await);
    assert_eq!(record(&fourth)["root"]["uri"], first.remote_id.as_str());
    let mut lost = bare;
    lost.reply_to.as_mut().unwrap().remote_id = "at://did:plc:x/app.bsky.feed.post/gone".into();
    let outcome = s.connector.publish(&s.net, &s.connection, &Outgoing { key: "5".into(), ..lost }).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
}

#[tokio::test]
async fn another_post_at_the_same_address_is_never_taken_for_ours() {
    let s = stand().await;
    done("publish", s.connector.publish(&s.net, &s.connection, &item("k", "first words")).await);
    let outcome = s.connector.publish(&s.net, &s.connection, &item("k", "other words")).await;
    assert!(matches!(outcome, Outcome::Rejected { .. }), "{outcome:?}");
    assert_eq!(s.copies("first words").await + s.copies("other words").await, 1);
}

#[tokio::test]
async fn an_earlier_attempt_that_differs_in_what_was_looked_up_is_still_ours() {
    let s = stand().await;
    let post = item("k", "thanks @resident.test");
    let first = done("publish", s.connector.publish(&s.net, &s.connection, &post).await);
    // As if the handle had been nobody's when it was sent.
    let mut record = s.net.state().records[&first.remote_id].1.clone();
    record.as_object_mut().unwrap().remove("facets");
    s.net.write(FORCE, POST, first.remote_id.rsplit('/').next().unwrap(), record.clone());
    let again = done("publish again", s.connector.publish(&s.net, &s.connection, &post).await);
    assert_eq!((again.remote_id, again.extra["cid"].clone()), (first.remote_id, cid(&record)), "what stands there is answered");
    assert_eq!(s.copies(&post.text).await, 1);
}
