//! Pictures of a message, from where the network shows them.

use super::*;

#[tokio::test]
async fn a_picture_is_fetched_where_the_network_shows_it_and_bounded() {
    let s = stand().await;
    let view = fixture(include_str!("../fixtures/post_view.json"));
    let name = format!("{REPLY}#bafktwo");
    let posts = || answer(200, &[], json!({ "posts": [view.clone()] }).to_string());
    let fetch = async |name: &str, limit| {
        s.net.state().faults.push_back(Ok(posts()));
        s.connector.fetch_media(&s.net, &s.connection, name, limit).await
    };
    assert_eq!(done("fetch", fetch(&name, 1000).await), br#"{"picture":"/full/two"}"#);
    assert!(matches!(fetch(&name, 3).await, Outcome::Rejected { .. }), "too large");
    assert!(matches!(fetch(&format!("{REPLY}#bafkgone"), 1000).await, Outcome::Rejected { .. }));
    assert!(matches!(s.connector.fetch_media(&s.net, &s.connection, "https://elsewhere.test/x", 9).await, Outcome::Rejected { .. }));
}
