//! An entry's bytes are fixed for ever, and nothing but ids and codes gets in.

use super::*;

fn entry() -> Entry {
    Entry::new(
        Id::new("0192f3a1-7c7c-7000-8000-000000000001").unwrap(),
        Id::new("0192f3a1-7c7c-7000-8000-0000000000f0").unwrap(),
        Word::new("accounts.approve").unwrap(),
        1_795_000_000_000_000,
        By::Person(Id::new("0192f3a1-7c7c-7000-8000-0000000000aa").unwrap()),
        Decision::Held,
        Digest([0xab; 32]),
    )
    .unwrap()
    .pack(Digest([1; 32]))
    .on_behalf(Id([9; 16]))
    .clause("SYSX-4.8")
    .unwrap()
    .rule("SYSX-6.3.duty")
    .unwrap()
    .id("account", Id([2; 16]))
    .unwrap()
    .code("state", "trial")
    .unwrap()
    .code("days", 90)
    .unwrap()
    .code("review", "2027-02-19")
    .unwrap()
    .commit("purpose", Digest([3; 32]))
    .unwrap()
}

#[test]
fn the_bytes_are_these_and_no_others() {
    let want = concat!(
        r#"{"act":"accounts.approve","at":1795000000000000,"by":"0192f3a1-7c7c-7000-8000-0000000000aa","clauses":["SYSX-4.8"],"#,
        r#""codes":{"days":90,"review":"2027-02-19","state":"trial"},"#,
        r#""commits":{"purpose":"0303030303030303030303030303030303030303030303030303030303030303"},"decision":"held","#,
        r#""force":"0192f3a1-7c7c-7000-8000-0000000000f0","id":"0192f3a1-7c7c-7000-8000-000000000001","#,
        r#""ids":{"account":"02020202-0202-0202-0202-020202020202"},"#,
        r#""nonce":"abababababababababababababababababababababababababababababababab","#,
        r#""on_behalf":"09090909-0909-0909-0909-090909090909","#,
        r#""pack":"0101010101010101010101010101010101010101010101010101010101010101","rules":["SYSX-6.3.duty"],"v":1}"#,
    );
    assert_eq!(String::from_utf8(entry().bytes()).unwrap(), want);
    assert_eq!(Entry::read(want.as_bytes()).unwrap(), entry());
}

#[test]
fn other_spellings_of_the_same_entry_are_refused() {
    let text = String::from_utf8(entry().bytes()).unwrap();
    for other in [
        text.replace(":1,", ": 1,").replace("\"v\":1", "\"v\": 1"),
        format!("{text} "),
        text.replace("90", "90.0"),
        text.replace("trial", "tri\\u0061l"),
    ] {
        assert!(Entry::read(other.as_bytes()).is_err(), "{other}");
    }
    let twice = text.replacen("{\"act\"", "{\"act\":\"accounts.approve\",\"act\"", 1);
    assert_eq!(Entry::read(twice.as_bytes()), Err(EntryError::NotCanonical));
    let empty = text.replace("\"rules\":[\"SYSX-6.3.duty\"]", "\"rules\":[]");
    assert_eq!(Entry::read(empty.as_bytes()), Err(EntryError::NotCanonical));
}

#[test]
fn no_field_takes_a_sentence() {
    let good = entry().to_json();
    let fields = good.as_object().unwrap();
    for key in fields.keys() {
        let mut bad = fields.clone();
        let text = Value::from("Example Person, 1 High Street");
        bad[key] = match &fields[key] {
            Value::Array(_) => json!([text]),
            Value::Object(map) => map.keys().map(|k| (k.clone(), text.clone())).collect::<Map<_, _>>().into(),
            _ => text,
        };
        let error = Entry::from_json(&bad.into()).unwrap_err().to_string();
        assert!(!error.contains("Example"), "{error}");
    }
    for map in ["ids", "codes", "commits"] {
        let mut bad = good.clone();
        let value = bad[map].as_object().unwrap().values().next().unwrap().clone();
        bad[map]["Example Person"] = value;
        assert!(Entry::from_json(&bad).is_err());
    }
    let mut extra = good.clone();
    extra["note"] = json!("Example Person");
    assert_eq!(Entry::from_json(&extra), Err(EntryError::Unknown(1)));
}

#[test]
fn a_newer_version_is_named_not_guessed() {
    let mut newer = entry().to_json();
    newer["v"] = json!(2);
    assert_eq!(Entry::from_json(&newer), Err(EntryError::Version(2)));
}

#[test]
fn a_name_is_given_once() {
    assert_eq!(entry().code("state", "live"), Err(EntryError::Twice("codes")));
}

#[test]
fn a_system_actor_acts_under_its_name() {
    let mut by = entry();
    by.by = By::actor("scheduler").unwrap();
    assert_eq!(Entry::read(&by.bytes()).unwrap().by, By::Actor("scheduler".into()));
}
