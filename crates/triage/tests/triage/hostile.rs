//! Public text is hostile: nothing here may panic, hide a threat, or point at half a character.

use bluelamp_triage::{Context, Engine, MAX_BYTES, Priority, SignalFile, Triage};
use proptest::prelude::*;

use crate::pack::engine;

/// What must hold of every triage of every text.
fn sound(text: &str, said: &Triage) {
    for signal in &said.signals {
        for span in &signal.spans {
            assert!(span.start < span.end && span.end <= text.len(), "{span:?} of {} bytes", text.len());
            assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?} of {text:?}");
        }
        assert!(signal.spans.len() <= 16);
        assert!(signal.priority <= said.priority);
        assert!(said.routes.contains(&signal.route));
        assert!(!(signal.thrive.concerns_safety() && signal.priority < Priority::Look));
        assert_eq!(signal.guarded, signal.guard.is_some());
    }
    assert_eq!(said.routes.first(), Some(&said.route));
}

fn both(text: &str) -> (Triage, Triage) {
    let (public, private) = (engine().triage(text, &Context::PUBLIC), engine().triage(text, &Context::PRIVATE));
    sound(text, &public);
    sound(text, &private);
    assert!(private.priority >= Priority::Look || !private.signals.is_empty());
    (public, private)
}

#[test]
fn disguised_words_are_read() {
    for text in [
        "he has got a k\u{200b}n\u{200d}i\u{2060}f\u{feff}e",
        "he has got a kn\u{ad}ife",
        "he has got a k\0n\0i\0f\0e",
        "he has got a \u{202e}knife\u{202c}",
        "he has got a кnіfе",
        "he has got a ｋｎｉｆｅ",
        "he has got a 𝖐𝖓𝖎𝖋𝖊",
        "he has got a ⓚⓝⓘⓕⓔ",
        "he has got a kn1fe",
        "he has got a kn!fe",
        "he has got a k n i f e",
        "he has got a k.n.i.f.e",
        "he has got a k-n-i-f-e",
        "he has got a kn-ife",
        "he has got a kniiiiiife",
        "he has got a kkkknnnniiiiffffeeee",
        "HE HAS GOT A KNIFE",
        "he has got a k̷n̷i̷f̷e̷",
        "he has got a 🔪",
        "he has got a\nknife",
        "he has got a #knife",
        "he, has, got, a, knife",
    ] {
        let (public, _) = both(text);
        assert_eq!(public.priority, Priority::Immediate, "{text:?}");
    }
}

#[test]
fn a_word_inside_another_is_not_that_word() {
    for text in ["the penknifemaker of old", "gunnera growing by the pond", "axel won the raffle", "bombay mix on offer"] {
        let (public, _) = both(text);
        assert_eq!(public.priority, Priority::Routine, "{text:?}");
    }
}

#[test]
fn odd_texts_are_read_without_harm() {
    let odd = [
        "",
        " ",
        "\0",
        "\0\0\0",
        "'",
        "\"",
        "“",
        "@",
        "!!!!!!",
        "...",
        "https://",
        "www.",
        "a",
        "😀",
        "👩‍👩‍👧‍👦👩🏽‍🚒🏳️‍🌈",
        "\u{202e}\u{202d}\u{2066}\u{2069}",
        "\u{200b}\u{200c}\u{200d}",
        "\u{301}\u{301}\u{301}",
        "ﷺﷺﷺ",
        "½ ⅓ ㎏ ㍿",
        "🇰🇮🇱🇱",
        "\u{fffd}\u{fffe}\u{10ffff}",
        "İstanbul ß ﬁ ﬃ",
        "a\u{300}\u{300}\u{300}\u{300}b",
        "\r\n\r\n\t",
        "1 2 3 4 5 6 7",
        "k k k k k k k",
    ];
    for text in odd {
        both(text);
    }
}

#[test]
fn long_texts_are_read_to_the_end_however_they_repeat() {
    for piece in [
        "not kill you ",
        "k i l l ",
        "kiiiill ",
        "🔪",
        "\u{200b}",
        "a",
        "knife ",
        "“",
        "he said 'kill' ",
        "c.a.t.",
        "ﷺ",
        "no no no knife ",
        "🎶 gun ",
    ] {
        let text = piece.repeat(100_000 / piece.len() + 1);
        both(&text);
    }
    let mut last = "lovely day at the fair ".repeat(5_000);
    last.push_str("he is going to kill me");
    assert_eq!(engine().triage(&last, &Context::PUBLIC).priority, Priority::Immediate);
}

#[test]
fn what_is_too_long_to_read_is_handed_to_a_person() {
    let text = "é".repeat(MAX_BYTES / 2 + 10);
    let (public, _) = both(&text);
    assert!(public.signals.iter().any(|s| s.id == "unread.too_long"));
    assert!(public.priority >= Priority::Look);
}

#[test]
fn mistakes_in_pack_text_are_named() {
    let bad = |text: &str| match SignalFile::parse("x.toml", 0, text).and_then(|f| Engine::compile(&[f], "1")) {
        Ok(_) => panic!("accepted: {text}"),
        Err(e) => e.to_string(),
    };
    let with = |more: &str| format!("[[signal]]\nid = \"a.b\"\nroute = \"fcr\"\nsays = \"x\"\n{more}");
    let thrive = "thrive = [\"threat\"]\n";
    assert!(bad("[[signals]]").contains("unknown field"));
    assert!(bad(&with("thrive = [\"threat\"]\npriority = \"none\"\nany = [\"a\"]")).contains("unknown variant"));
    assert!(bad(&with(&format!("{thrive}priority = \"routine\"\nany = [\"knife\"]"))).contains("threat, harm or vulnerability"));
    assert!(bad(&with(&format!("{thrive}priority = \"look\""))).contains("never fire"));
    assert!(bad(&with(&format!("{thrive}priority = \"look\"\nany = [\"...\"]"))).contains("no letter or picture"));
    assert!(bad(&with(&format!("{thrive}priority = \"look\"\nany = [\"<who>\"]"))).contains("list `who`"));
    assert!(bad(&with(&format!("{thrive}priority = \"immediate\"\nprivate = \"look\"\nany = [\"a\"]"))).contains("lowers"));
    assert!(bad(&with(&format!("{thrive}priority = \"look\"\npatterns = ['(']"))).contains("cannot be used"));
    assert!(bad(&with(&format!("{thrive}priority = \"look\"\npatterns = ['a*']"))).contains("empty text"));
    assert!(bad(&with(&format!("{thrive}priority = \"look\"\npatterns = ['(\\w{{500}}){{500}}']"))).contains("cannot be used"));
    assert!(
        bad(&with(&format!("{thrive}priority = \"look\"\nany = [\"a\"]\nwith = [{{ any = [\"b\"], within = 900 }}]")))
            .contains("900 words")
    );
    let twice = with(&format!("{thrive}priority = \"look\"\nany = [\"a\"]"));
    assert!(bad(&format!("{twice}\n{twice}")).contains("exists already"));
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => any::<char>().prop_map(String::from),
        3 => prop::sample::select(vec![
            "kill", "knife", "going to", "you", "not", "🎶", "he has got a", "help", "\u{200b}", "\u{202e}", "'", "\"", "k i l l", "1",
            "!", "...", "https://x.example/knife", "@someone", "#help", "🔪", "й", "é", "\u{301}", "\n", "cyllell", "🇬", "١", "0", "ﬀ",
        ])
        .prop_map(String::from),
        1 => "[a-z0-9!@$ .'-]{0,12}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|p| p.join(""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_soundly(text in pieces()) {
        both(&text);
    }

    #[test]
    fn any_characters_are_read_soundly(text in any::<String>()) {
        both(&text);
    }

    #[test]
    fn a_threat_is_seen_whatever_stands_after_it(tail in pieces()) {
        let text = format!("he is going to kill me. {tail}");
        prop_assert!(engine().triage(&text, &Context::PUBLIC).priority >= Priority::Look);
    }

    #[test]
    fn invisible_characters_between_letters_hide_nothing(at in 0usize..20, c in prop::sample::select(vec!['\u{200b}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{202e}', '\u{fe0f}', '\0'])) {
        let mut text = String::from("he has got a machete");
        text.insert(at, c);
        prop_assert_eq!(engine().triage(&text, &Context::PUBLIC).priority, Priority::Immediate);
    }
}
