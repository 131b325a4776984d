//! Credentials: how they are had, renewed and refused.

use super::*;

#[tokio::test]
async fn connecting_finds_the_accounts_own_server_and_renewing_turns_both_tokens() {
    let s = stand().await;
    assert_eq!(s.connection.base, BASE, "as the identity document says, without a path");
    assert_eq!((s.connection.remote_account.as_str(), s.connection.handle.as_str()), (FORCE, "force.test"));
    assert_eq!(s.connection.expires_at, Some(NOW + 7200 * SECOND));
    let new = done("renew", s.connector.renew(&s.net, &s.connection, NOW).await);
    assert!(new.secrets[ACCESS] != s.connection.secrets[ACCESS] && new.secrets[REFRESH] != s.connection.secrets[REFRESH]);
    assert_eq!(done("check", s.connector.check(&s.net, &new).await), "force.test");
    s.net.state().revoked = true;
    let outcome = s.connector.renew(&s.net, &new, NOW).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
}

#[tokio::test]
async fn what_a_person_gives_wrongly_is_said_in_words() {
    let (connector, net) = (Bluesky::new(), Double::new());
    let with = |key: &str, value: &str| {
        let mut g = given();
        g.insert(key.into(), value.into());
        g
    };
    for (g, rejected) in [
        (with("password", ""), true),
        (with("handle", " @ "), true),
        (with("server", "ftp://x"), true),
        (with("password", "wrong-word"), false),
    ] {
        let outcome = connector.connect(&net, &g, NOW).await;
        let right = if rejected { matches!(outcome, Outcome::Rejected { .. }) } else { matches!(outcome, Outcome::Unauthorised { .. }) };
        assert!(right, "{outcome:?}");
    }
    assert_eq!(net.calls("createSession"), 1, "only the wrong password was asked about");
    net.state().scope = "com.atproto.access".into();
    let outcome = connector.connect(&net, &given(), NOW).await;
    assert!(matches!(&outcome, Outcome::Rejected { why } if why.contains("main password")), "{outcome:?}");
    let taken_down = answer(401, &[], r#"{"error":"AccountTakedown","message":"Account has been taken down"}"#);
    let outcome = connector.connect(&Canned::answering(taken_down), &given(), NOW).await;
    assert!(matches!(outcome, Outcome::Unauthorised { .. }), "{outcome:?}");
}

#[tokio::test]
async fn the_error_table_is_kept() {
    let s = stand().await;
    let post = item("k", "table");
    let table: [(u16, &str, &str); 14] = [
        (400, "InvalidRequest", "rejected"),
        (400, "SyntaxError", "rejected"),
        (400, "ExpiredToken", "unauthorised"),
        (400, "InvalidToken", "unauthorised"),
        (401, "AuthMissing", "unauthorised"),
        (401, "AuthenticationRequired", "unauthorised"),
        (401, "AccountTakedown", "unauthorised"),
        (413, "PayloadTooLarge", "rejected"),
        (429, "RateLimitExceeded", "limited"),
        (500, "InternalServerError", "unknown"),
        (501, "MethodNotImplemented", "rejected"),
        (502, "UpstreamFailure", "unknown"),
        (503, "NotEnoughResources", "unknown"),
        (504, "UpstreamTimeout", "unknown"),
    ];
    for (status, error, wanted) in table {
        let body = json!({"error": error, "message": "words"}).to_string();
        let outcome = s.connector.publish(&Canned::answering(answer(status, &[], body)), &s.connection, &post).await;
        let got = match outcome {
            Outcome::Rejected { .. } => "rejected",
            Outcome::Unauthorised { .. } => "unauthorised",
            Outcome::Limited { until } => {
                assert_eq!(until, NOW + 60 * SECOND, "without a word of when, a minute");
                "limited"
            }
            Outcome::Unknown { .. } => "unknown",
            other => panic!("{status} {error}: {other:?}"),
        };
        assert_eq!(got, wanted, "{status} {error}");
    }
    let far = answer(429, &[("retry-after", "99999999")], "");
    let outcome = s.connector.check(&Canned::answering(far), &s.connection).await;
    assert_eq!(outcome, Outcome::Limited { until: NOW + 24 * 3600 * SECOND }, "no limit is longer than a day");
}
