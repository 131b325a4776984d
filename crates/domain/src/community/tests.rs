use super::*;
use crate::act::Actor;
use crate::ids::PersonId;
use crate::time::{DAY, HOUR, Moment};
use jiff::tz::TimeZone;

const NOW: Instant = Instant(1_000 * HOUR);

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn person(n: u128) -> Principal {
    Principal::Person(PersonId(id(n)))
}

fn moment() -> Moment {
    Moment::new(NOW, TimeZone::UTC, 7)
}

/// Not a real fingerprint; rules only compare.
fn digest(bytes: &[u8]) -> String {
    format!("{}:{}", bytes.len(), bytes.iter().map(|b| u64::from(*b)).sum::<u64>())
}

fn manifest() -> Manifest {
    Manifest {
        message: id(1),
        account: id(2),
        platform: "rehearsal".into(),
        remote_id: "m1".into(),
        url: None,
        parent: Some("p1".into()),
        root: Some("p1".into()),
        kind: "comment".into(),
        author_remote_id: "u1".into(),
        author_handle: "somebody".into(),
        author_name: "Somebody".into(),
        text: "the words".into(),
        sent_at: NOW,
        received_at: NOW,
        edited_at: None,
        deleted_at: None,
        revisions: vec![RevisionKept {
            id: id(9),
            revision: "1".into(),
            nth: 1,
            deleted: false,
            text: "the words".into(),
            at: NOW,
            raw: "ab".into(),
        }],
        media: vec![],
        kept_at: NOW,
    }
}

fn subject() -> Subject {
    Subject {
        message: MessageId(id(1)),
        account: AccountId(id(2)),
        conversation: ConversationId(id(3)),
        correspondent: CorrespondentId(id(4)),
        public: true,
        gone: false,
        connected: true,
        can: ["hide", "unhide", "delete", "report", "block", "unblock"].map(str::to_owned).to_vec(),
        earlier: None,
        removals: Removals::default(),
    }
}

fn asked(kind: Kind) -> Asked {
    Asked {
        kind,
        ground: "spam".into(),
        standard: "guidelines".into(),
        reason: "it sells things".into(),
        last_resort: LastResort::default(),
    }
}

fn take_it(kind: Kind, s: &Subject, m: &Manifest, by: Principal) -> Result<Taken, Refusal> {
    take(asked(kind), s, m, by, &Figures::default(), &moment(), digest)
}

#[test]
fn i6_nothing_is_taken_away_before_every_word_and_picture_is_kept() {
    let medium = |state| Medium { id: id(5), url: "https://media.example/1".into(), mime: None, alt: None, state };
    let mut waiting = manifest();
    waiting.media = vec![medium(MediumState::Waiting)];
    let mut wordless = manifest();
    wordless.revisions.clear();
    let mut newer = manifest();
    newer.text = "other words, of which no revision is kept".into();
    let mut bodiless = manifest();
    bodiless.revisions[0].raw.clear();
    for m in [waiting, wordless, newer, bodiless] {
        for kind in [Kind::Hide, Kind::Delete, Kind::Block] {
            assert_eq!(take_it(kind, &subject(), &m, person(1)).unwrap_err().code, "evidence-not-kept", "{kind:?}");
        }
        // A report removes nothing.
        assert!(matches!(take_it(Kind::Report, &subject(), &m, person(1)), Ok(Taken::New { evidence: None, .. })));
    }
    let mut settled = manifest();
    settled.media = vec![medium(MediumState::Kept { sha256: "c".into(), size: 1 }), medium(MediumState::Missing { why: "gone".into() })];
    let Ok(Taken::New { measure, evidence: Some(evidence), .. }) = take_it(Kind::Hide, &subject(), &settled, person(1)) else {
        panic!("kept")
    };
    assert_eq!(measure.evidence, Some(evidence.id));
    assert!(evidence.manifest.contains("the words") && evidence.sha256 == digest(evidence.manifest.as_bytes()));
}

#[test]
fn i6_what_takes_away_is_sent_only_while_its_evidence_stands_unchanged() {
    let whole = seal(&manifest(), id(8), digest).unwrap();
    let changed = Sealed { manifest: whole.manifest.replace("words", "swords"), ..whole.clone() };
    for kind in Kind::ALL {
        let code = |e| may_send(kind, e, digest).map_err(|r| r.code);
        if kind.takes_away() {
            assert_eq!(
                (code(None), code(Some(&changed)), code(Some(&whole))),
                (Err("no-evidence".into()), Err("evidence-changed".into()), Ok(()))
            );
        } else {
            assert_eq!(code(None), Ok(()));
        }
    }
}

#[test]
fn i3_software_takes_no_measure() {
    for actor in [Actor::Intake, Actor::Scheduler, Actor::Retention, Actor::Sequencer, Actor::Operator] {
        for kind in [Kind::Hide, Kind::Delete, Kind::Report, Kind::Block] {
            let refusal = take_it(kind, &subject(), &manifest(), Principal::System(actor)).unwrap_err();
            assert_eq!(refusal.code, "a-person-decides");
        }
    }
}

#[test]
fn leics_mod_2_only_what_the_platform_can_do_is_possible() {
    let only = |words: &[&str]| Subject { can: words.iter().map(|w| (*w).to_owned()).collect(), ..subject() };
    assert_eq!(possible(Kind::Delete, &only(&["hide", "report"])).unwrap_err().clause.as_deref(), Some("LEICS-MOD-2"));
    assert!(possible(Kind::Hide, &only(&["hide", "report"])).is_ok());
    assert_eq!(possible(Kind::Unhide, &only(&["hide"])).unwrap_err().code, "one-way");
    let private = Subject { public: false, ..subject() };
    let codes = |s: &Subject| Kind::ALL.map(|k| possible(k, s).map_or_else(|r| r.code, |()| "ok".into()));
    assert_eq!(codes(&private), ["private", "private", "private", "ok", "ok", "ok"]);
    assert_eq!(codes(&Subject { gone: true, ..subject() }), ["gone", "ok", "gone", "ok", "ok", "ok"]);
    assert_eq!(codes(&Subject { connected: false, ..subject() }), ["not-connected"; 6]);
}

#[test]
fn leics_block_1_a_block_says_why() {
    let unsaid = Asked { reason: "  ".into(), ..asked(Kind::Block) };
    let refusal = take(unsaid, &subject(), &manifest(), person(1), &Figures::default(), &moment(), digest).unwrap_err();
    assert_eq!(refusal.code, "say-why");
    assert!(!LastResort { no_engagement: " \n".into(), ..LastResort::default() }.engaged());
    assert!(LastResort { no_engagement: "they threaten".into(), ..LastResort::default() }.engaged());
}

#[test]
fn app_role_5_no_measure_without_a_ground() {
    let groundless = Asked { ground: String::new(), ..asked(Kind::Hide) };
    let refusal = take(groundless, &subject(), &manifest(), person(1), &Figures::default(), &moment(), digest).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.clause.as_deref()), ("no-ground", Some("APP-ROLE-5")));
}

#[test]
fn the_same_measure_is_not_taken_twice() {
    for state in State::ALL {
        for kind in [Kind::Hide, Kind::Delete, Kind::Report, Kind::Block] {
            let s = Subject { earlier: Some(Earlier { id: MeasureId(id(6)), kind, state }), ..subject() };
            let again = take_it(kind, &s, &manifest(), person(2)).unwrap();
            let already = again == Taken::Already(MeasureId(id(6)));
            let report_in_doubt = kind == Kind::Report && state == State::Unknown;
            assert_eq!(already, state.stands() && !report_in_doubt, "{kind:?} after {state:?}");
        }
    }
}

#[test]
fn only_what_was_done_is_taken_back() {
    let mut rows = Vec::new();
    for state in State::ALL {
        let original = Earlier { id: MeasureId(id(6)), kind: Kind::Hide, state };
        let got = undo(Kind::Unhide, "it was wrong", &subject(), Some(&original), person(1), &moment());
        rows.push((
            state.name(),
            got.map_or_else(|r| r.code, |t| if matches!(t, Taken::New { .. }) { "new".into() } else { "already".into() }),
        ));
    }
    let expected = [
        ("requested", "under-way"),
        ("sent", "under-way"),
        ("done", "new"),
        ("unknown", "new"),
        ("rejected", "nothing-to-undo"),
        ("undone", "nothing-to-undo"),
    ];
    assert_eq!(rows, expected.map(|(a, b)| (a, b.to_owned())));
    assert_eq!(undo(Kind::Unblock, "x", &subject(), None, person(1), &moment()).unwrap_err().code, "nothing-to-undo");
    let hide = Earlier { id: MeasureId(id(6)), kind: Kind::Hide, state: State::Done };
    assert_eq!(undo(Kind::Unhide, " ", &subject(), Some(&hide), person(1), &moment()).unwrap_err().code, "say-why");
    assert_eq!(undo(Kind::Unblock, "x", &subject(), Some(&hide), person(1), &moment()).unwrap_err().code, "nothing-to-undo");
}

#[test]
fn every_state_says_what_each_answer_makes_of_it() {
    let table: Vec<String> =
        State::ALL.iter().map(|s| format!("{}: {}", s.name(), Came::ALL.map(|c| came(*s, c).name()).join(" "))).collect();
    let expected = [
        "requested: sent done requested rejected unknown",
        "sent: sent done requested rejected unknown",
        "done: done done done done done",
        "unknown: sent done unknown rejected unknown",
        "rejected: rejected rejected rejected rejected rejected",
        "undone: undone undone undone undone undone",
    ];
    assert_eq!(table, expected);
}

#[test]
fn leics_mod_3_one_fewer_does_not_prompt_and_the_boundary_is_on_the_hour() {
    let f = Figures { mass_removal_count: Some(3), mass_removal_hours: Some(24), ..Figures::default() };
    let ask = |at: &[i64], prompted: Option<i64>| {
        let before = Removals { at: at.iter().map(|h| NOW.plus(*h)).collect(), prompted_at: prompted.map(|h| NOW.plus(h)) };
        calls_for_explanation(&before, NOW, &f)
    };
    assert_eq!(ask(&[-HOUR], None), None, "the second of three");
    assert_eq!(ask(&[-HOUR, -2 * HOUR], None), Some(3), "the third");
    assert_eq!(ask(&[-HOUR, -24 * HOUR], None), Some(3), "exactly a day ago still counts");
    assert_eq!(ask(&[-HOUR, -24 * HOUR - 1], None), None, "a moment more does not");
    assert_eq!(ask(&[-HOUR, -2 * HOUR, -3 * HOUR], Some(-HOUR)), None, "once");
    assert_eq!(ask(&[-HOUR, -2 * HOUR], Some(-24 * HOUR - 1)), Some(3), "another day, another question");
}

#[test]
fn leics_mod_3_the_packs_own_figures_are_ten_in_a_day() {
    let before = |n: i64| Removals { at: (1..=n).map(|i| NOW.plus(-i)).collect(), prompted_at: None };
    assert_eq!(calls_for_explanation(&before(8), NOW, &Figures::default()), None);
    assert_eq!(calls_for_explanation(&before(9), NOW, &Figures::default()), Some(10));
}

#[test]
fn somebody_else_looks_again_and_an_overturning_is_explained() {
    assert_eq!(review(person(1), person(1), Verdict::Upheld, "").unwrap_err().code, "own-measure");
    assert_eq!(review(person(2), person(1), Verdict::Upheld, " ").unwrap(), "");
    assert_eq!(review(person(2), person(1), Verdict::Overturned, " ").unwrap_err().code, "say-why");
    assert_eq!(due(NOW, &Figures { measure_review_days: Some(7), ..Figures::default() }), NOW.plus(7 * DAY));
    assert_eq!(settle_prompt(false, Settled::Explained, "").unwrap_err().code, "settled");
    assert_eq!(settle_prompt(true, Settled::Declined, "").unwrap_err().code, "say-why");
    assert!(settle_prompt(true, Settled::Explained, "").is_ok());
}

#[test]
fn every_word_reads_back() {
    assert!(Kind::ALL.iter().all(|k| Kind::parse(k.name()) == Some(*k)) && Kind::parse("warn").is_none());
    assert!(State::ALL.iter().all(|s| State::parse(s.name()) == Some(*s)) && State::parse("").is_none());
    assert_eq!(Kind::ALL.map(Kind::undoes), [None, Some(Kind::Hide), None, None, None, Some(Kind::Block)]);
}
