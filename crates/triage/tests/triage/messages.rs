//! A desk's day of invented messages, each with the priority it must come out with.

use std::collections::BTreeMap;

use bluelamp_triage::{Context, Priority};
use serde::Deserialize;

use crate::pack::engine;

#[derive(Deserialize)]
struct Messages {
    public: BTreeMap<String, Vec<String>>,
    private: BTreeMap<String, Vec<String>>,
}

fn messages() -> Vec<(Priority, bool, String)> {
    let read: Messages = toml::from_str(include_str!("../cases.toml")).unwrap();
    let of = |private: bool, all: BTreeMap<String, Vec<String>>| {
        all.into_iter().flat_map(move |(name, texts)| {
            let priority = Priority::parse(&name).unwrap();
            texts.into_iter().map(move |t| (priority, private, t))
        })
    };
    of(false, read.public).chain(of(true, read.private)).collect()
}

#[test]
fn every_message_comes_out_as_a_desk_would_have_it() {
    let all = messages();
    assert!(all.len() >= 120, "only {} messages", all.len());
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|(expected, private, text)| {
            let context = if *private { Context::PRIVATE } else { Context::PUBLIC };
            let said = engine().triage(text, &context);
            let ids: Vec<&str> = said.signals.iter().map(|s| s.id.as_str()).collect();
            (said.priority != *expected).then(|| format!("{expected:?}, got {:?} {ids:?}: {text}", said.priority))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn a_private_message_is_never_below_what_the_same_words_are_in_public() {
    for (_, _, text) in messages() {
        let (public, private) = (engine().triage(&text, &Context::PUBLIC), engine().triage(&text, &Context::PRIVATE));
        assert!(private.priority >= public.priority, "{text}");
    }
}

#[test]
fn threat_harm_and_vulnerability_are_never_below_a_look() {
    for (_, _, text) in messages() {
        for context in [Context::PUBLIC, Context::PRIVATE] {
            let said = engine().triage(&text, &context);
            for signal in said.signals.iter().filter(|s| s.thrive.concerns_safety()) {
                assert!(signal.priority >= Priority::Look, "{} of {text}", signal.id);
            }
        }
    }
}
