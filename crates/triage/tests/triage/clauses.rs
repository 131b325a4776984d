//! One test for each clause this crate answers for, and the promises of design §6.

use bluelamp_triage::{Context, Engine, Guard, Priority, Route, SignalFile, raise};

use crate::pack::engine;

const PACK: &str = r#"
[[guard]]
kind = "negation"
words = ["no", "not"]

[[guard]]
kind = "lyric"
words = ["🎶"]
within = 50
across = true

[[signal]]
id = "weapons.seen"
thrive = ["threat", "harm"]
priority = "immediate"
route = "fcr"
any = ["machete"]
guards = ["negation", "lyric"]
says = "Someone may have a weapon."
clause = ["LEICS-TRIAGE-1"]

[[signal]]
id = "foi.named"
thrive = ["engagement"]
priority = "routine"
route = "foi"
any = ["freedom of information"]
says = "A request."
"#;

fn small() -> Engine {
    Engine::compile(&[SignalFile::parse("small.toml", 0, PACK).unwrap()], "small 1").unwrap()
}

#[test]
fn leics_triage_1_the_words_that_decided_are_shown() {
    let text = "Lads with a 𝗠𝗮𝗰𝗵𝗲𝘁𝗲 outside, a ma\u{200b}chete I swear";
    let said = small().triage(text, &Context::PUBLIC);
    assert_eq!((said.priority, said.version.as_str()), (Priority::Immediate, "small 1"));
    let signal = &said.signals[0];
    assert_eq!((signal.id.as_str(), signal.says.as_str()), ("weapons.seen", "Someone may have a weapon."));
    assert_eq!(signal.clauses, ["LEICS-TRIAGE-1"]);
    let words: Vec<&str> = signal.spans.iter().map(|s| &text[s.start..s.end]).collect();
    assert_eq!(words, ["𝗠𝗮𝗰𝗵𝗲𝘁𝗲", "ma\u{200b}chete"], "as written, disguise and all");
}

#[test]
fn leics_triage_2_thrive_is_filled_in_before_a_person_confirms_it() {
    let said = engine().triage("Nans on the phone to the bank and a courier is on his way now for her card, shes 84", &Context::PRIVATE);
    let names: Vec<&str> = said.thrive.iter().map(|d| d.name()).collect();
    assert_eq!(said.priority, Priority::Immediate);
    for dimension in ["harm", "risk", "investigation", "vulnerability"] {
        assert!(names.contains(&dimension), "{dimension} is missing from {names:?}");
    }
}

#[test]
fn leics_triage_3_what_needs_no_action_stays_with_its_local_queue() {
    let context = Context { private: false, home: Route::Neighbourhood };
    let said = engine().triage("See everyone at the village hall on Sunday", &context);
    assert_eq!((said.priority, said.route), (Priority::Routine, Route::Neighbourhood));
    assert!(said.signals.is_empty());
}

#[test]
fn app_role_3_high_risk_goes_to_the_control_room_first() {
    let said = engine().triage("shes not breathing please hurry", &Context::PUBLIC);
    assert_eq!((said.priority, said.route), (Priority::Immediate, Route::Fcr));
}

#[test]
fn app_comm_4_harmful_content_is_named_with_its_route() {
    let said = engine().triage("heres his profile, the victim is his cousin", &Context::PUBLIC);
    assert!(said.priority >= Priority::Look);
    assert!(said.routes.contains(&Route::Moderation));
    assert!(said.signals.iter().any(|s| s.category == "identification_risk"));
}

#[test]
fn a_guard_moves_its_own_match_from_immediate_to_look_and_nothing_else() {
    let e = small();
    let said = e.triage("no machete here, freedom of information please", &Context::PUBLIC);
    let weapon = said.signals.iter().find(|s| s.id == "weapons.seen").unwrap();
    assert_eq!((weapon.priority, weapon.guarded, weapon.guard), (Priority::Look, true, Some(Guard::Negation)));
    assert_eq!(weapon.route, Route::Fcr, "its route stays");
    assert_eq!(said.routes, [Route::Fcr, Route::Foi], "and so does every other signal's");
    let both = e.triage("no machete here. He has a machete", &Context::PUBLIC);
    assert_eq!(both.priority, Priority::Immediate, "a denial speaks for its own match alone");
    assert!(!both.signals[0].guarded);
}

#[test]
fn a_guard_of_a_force_does_not_weaken_a_national_signal() {
    let national = SignalFile::parse("national.toml", 0, PACK).unwrap();
    let guard = "[[guard]]\nkind = \"lyric\"\nwords = [\"outside\"]\nwithin = 50\n";
    let force = SignalFile::parse("force.toml", 1, guard).unwrap();
    let e = Engine::compile(&[national.clone(), force], "1").unwrap();
    assert_eq!(e.triage("machete outside", &Context::PUBLIC).priority, Priority::Immediate);
    let own = SignalFile::parse("own.toml", 0, guard).unwrap();
    let e = Engine::compile(&[national, own], "1").unwrap();
    assert_eq!(e.triage("machete outside", &Context::PUBLIC).priority, Priority::Look, "the same words in its own pack do");
}

#[test]
fn private_words_that_nothing_recognises_are_looked_at() {
    for text in ["", "👍", "ok", "the tortoise likes lettuce on the lawn"] {
        let said = engine().triage(text, &Context::PRIVATE);
        assert_eq!(said.priority, Priority::Look, "{text:?}");
        assert_eq!(said.signals[0].id, "unread.nothing");
        assert!(!said.signals[0].says.is_empty());
    }
}

#[test]
fn a_language_nobody_taught_it_is_looked_at_even_in_public() {
    for text in ["Proszę o informację kiedy będzie otwarta droga", "今日は道路が閉鎖されていますか いつ開きますか 教えて ください"]
    {
        let said = engine().triage(text, &Context::PUBLIC);
        assert!(said.signals.iter().any(|s| s.id == "unread.language"), "{text}");
        assert!(said.priority >= Priority::Look);
    }
    let welsh = engine().triage("Mae'r ffordd ar gau wrth y bont heddiw", &Context::PUBLIC);
    assert_eq!(welsh.language.name(), "cy");
    assert!(welsh.signals.iter().all(|s| s.category != "unread"));
}

#[test]
fn the_same_text_always_says_the_same() {
    let text = "im gna end him wen i see him 🔪 tonite, freedom of information";
    let first = engine().triage(text, &Context::PUBLIC);
    let again = Engine::compile(crate::pack::files(), "test").unwrap().triage(text, &Context::PUBLIC);
    assert_eq!(first, again);
}

#[test]
fn i3_an_edit_does_not_calm_what_was_written_first() {
    let was = engine().triage("im going to kill him tonight", &Context::PUBLIC);
    let is = engine().triage("thanks for the lovely day", &Context::PUBLIC);
    assert_eq!(is.priority, Priority::Routine);
    let kept = raise(&was, is);
    assert_eq!((kept.priority, kept.route), (Priority::Immediate, Route::Fcr));
}
