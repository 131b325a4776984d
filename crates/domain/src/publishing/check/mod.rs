//! What the detectors see in a draft: remarks that point at words, and the signs that policy is asked with.
//!
//! Pure and quick, because it runs as someone types. A remark colours nothing: the pack's rules decide what a sign means
//! (`words/signs.toml`). What no platform takes is a *stop*: true whatever the policy says. Detectors err on the side of
//! a remark too many for people's names and numbers, and of none for what would be refused outright.

mod limits;
mod mentions;
mod names;
mod numbers;
mod phrases;
mod plain;
mod tokens;

pub use limits::{Limits, count};
pub use mentions::{Mention, mentions};
pub use phrases::{Term, WordLists};
pub use plain::{links, reading_ease};

use super::content::{Content, Picture, parts};
use std::collections::BTreeSet;

/// Bytes of the text that a remark points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub from: usize,
    pub to: usize,
}

/// Which words or picture a remark is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Text,
    /// The other words for a platform.
    Platform(String),
    /// The picture at this place in the draft.
    Picture(usize),
    Whole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Better otherwise; nothing hangs on it.
    Advice,
    /// Policy is told.
    Sign,
    /// A platform would not take it.
    Stop,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// A code of the pack's signs, or `too-long`, `too-many-pictures` … for stops, `style` and `hard-to-read` for advice.
    pub sign: &'static str,
    pub weight: Weight,
    pub place: Place,
    pub span: Option<Span>,
    /// What was seen, as a sentence.
    pub says: String,
    /// What to do about it.
    pub advice: String,
}

/// Everything the detectors see, in the order of the draft. `limits` are those of the platforms it goes to.
pub fn check(content: &Content, limits: &[Limits], words: &WordLists) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let main_is_used = limits.is_empty() || limits.iter().any(|l| !overridden(content, &l.platform));
    if main_is_used || content.texts.is_empty() {
        remarks.extend(in_text(&content.text, Place::Text, words));
    }
    for (platform, text) in &content.texts {
        if !text.trim().is_empty() && (limits.is_empty() || limits.iter().any(|l| l.platform == *platform)) {
            remarks.extend(in_text(text, Place::Platform(platform.clone()), words));
        }
    }
    remarks.extend(pictures(&content.pictures));
    let mut seen = BTreeSet::new();
    for l in limits.iter().filter(|l| seen.insert((*l).clone())) {
        remarks.extend(limits::stops(&parts(content.text_for(&l.platform)), &content.pictures, l, &place_for(content, &l.platform)));
    }
    remarks
}

/// Where the words stand that a platform will show.
pub fn place_for(content: &Content, platform: &str) -> Place {
    if overridden(content, platform) { Place::Platform(platform.to_owned()) } else { Place::Text }
}

fn overridden(content: &Content, platform: &str) -> bool {
    content.texts.get(platform).is_some_and(|t| !t.trim().is_empty())
}

/// Codes that policy is asked with, for what one platform will show.
pub fn signs(content: &Content, limits: &Limits, words: &WordLists) -> BTreeSet<String> {
    let one = std::slice::from_ref(limits);
    let mut signs: BTreeSet<String> =
        check(content, one, words).into_iter().filter(|r| r.weight == Weight::Sign).map(|r| r.sign.to_owned()).collect();
    if !content.pictures.is_empty() {
        signs.insert("image".to_owned());
    }
    signs
}

/// Codes for a text by itself: a reply from the desk.
pub fn text_signs(text: &str, words: &WordLists) -> BTreeSet<String> {
    in_text(text, Place::Text, words).into_iter().filter(|r| r.weight == Weight::Sign).map(|r| r.sign.to_owned()).collect()
}

/// What the detectors see in words alone.
pub fn in_text(text: &str, place: Place, words: &WordLists) -> Vec<Remark> {
    let tokens = tokens::tokens(text);
    let mut found = Vec::new();
    names::find(text, &tokens, &mut found);
    numbers::find(text, &tokens, &mut found);
    phrases::find(&tokens, words, &mut found);
    plain::find(text, &tokens, &mut found);
    let mut remarks: Vec<Remark> = found.into_iter().map(|f| f.remark(&place)).collect();
    remarks.sort_by_key(|r| (r.span, r.sign));
    remarks
}

fn pictures(pictures: &[Picture]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (n, p) in pictures.iter().enumerate() {
        let remark = |sign, weight, says: String, advice: &str| Remark {
            sign,
            weight,
            place: Place::Picture(n),
            span: None,
            says,
            advice: advice.into(),
        };
        if p.alt.trim().is_empty() {
            let says = format!("Picture {} has no description.", n + 1);
            remarks.push(remark("image-without-alt", Weight::Sign, says, "Say in a sentence what it shows, for people who do not see it."));
        }
        if p.had_metadata {
            let says = format!("The file of picture {} told where or with what it was made.", n + 1);
            remarks.push(remark("image-metadata", Weight::Sign, says, "That was taken out; nothing to do."));
        }
    }
    remarks
}

/// What a detector found, before it is known where the text stands.
struct Found {
    sign: &'static str,
    weight: Weight,
    span: Option<Span>,
    says: String,
    advice: String,
}

impl Found {
    fn sign(sign: &'static str, from: usize, to: usize, says: impl Into<String>, advice: impl Into<String>) -> Found {
        Found { sign, weight: Weight::Sign, span: Some(Span { from, to }), says: says.into(), advice: advice.into() }
    }

    fn remark(self, place: &Place) -> Remark {
        Remark { sign: self.sign, weight: self.weight, place: place.clone(), span: self.span, says: self.says, advice: self.advice }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> WordLists {
        let term = |w: &str, instead: Option<&str>| Term { word: w.into(), instead: instead.map(Into::into), says: None };
        WordLists {
            jargon: vec![term("rtc", Some("crash"))],
            restricted: vec![term("covert operation", None)],
            guilt: vec![term("the murderer", Some("the suspect"))],
            political: vec![term("polling day", None)],
            victim: vec![term("victim", None)],
            style: vec![term("anti-social", Some("antisocial"))],
        }
    }

    fn limits(platform: &str, max: usize) -> Limits {
        Limits {
            platform: platform.into(),
            title: platform.into(),
            max_graphemes: max,
            max_bytes: None,
            link_counts: None,
            max_images: 4,
            max_alt: 100,
            threads: true,
            publish: true,
        }
    }

    fn picture(alt: &str) -> Picture {
        Picture {
            object: "0".repeat(64),
            mime: "image/png".into(),
            width: 1,
            height: 1,
            size: 1,
            name: "a.png".into(),
            alt: alt.into(),
            had_metadata: false,
        }
    }

    #[test]
    fn every_remark_points_at_the_words_it_means() {
        let text = "An RTC on Station Road, the murderer of Jane Marsh fled. É: ring 07700 900123 about AB12 CDE.";
        let seen: Vec<(&str, &str)> =
            in_text(text, Place::Text, &words()).iter().filter_map(|r| r.span.map(|s| (r.sign, &text[s.from..s.to]))).collect();
        assert_eq!(
            seen,
            [
                ("jargon", "RTC"),
                ("guilt-word", "the murderer"),
                ("names-person", "Jane Marsh"),
                ("phone", "07700 900123"),
                ("plate", "AB12 CDE")
            ]
        );
    }

    #[test]
    fn a_platform_sees_only_its_own_words() {
        let mut c = Content { text: "All quiet.".into(), ..Content::default() };
        c.texts.insert("bluesky".into(), "An RTC on the A6.".into());
        assert!(signs(&c, &limits("mastodon", 500), &words()).is_empty());
        assert!(signs(&c, &limits("bluesky", 300), &words()).contains("jargon"));
    }

    #[test]
    fn a_picture_is_a_sign_and_one_without_words_another() {
        let mut c = Content { text: "Look.".into(), pictures: vec![picture("")], ..Content::default() };
        let seen: Vec<String> = signs(&c, &limits("bluesky", 300), &words()).into_iter().collect();
        assert_eq!(seen, ["image", "image-without-alt"]);
        c.pictures[0].alt = "A closed road".into();
        assert_eq!(signs(&c, &limits("bluesky", 300), &words()).into_iter().collect::<Vec<_>>(), ["image"]);
    }

    #[test]
    fn what_no_platform_takes_is_a_stop_and_no_sign() {
        let c = Content { text: "x".repeat(301), pictures: vec![picture("a"); 5], ..Content::default() };
        let stops: Vec<&str> = check(&c, &[limits("bluesky", 300), limits("mastodon", 500)], &words())
            .iter()
            .filter(|r| r.weight == Weight::Stop)
            .map(|r| r.sign)
            .collect();
        assert_eq!(stops, ["too-long", "too-many-pictures", "too-many-pictures"]);
        assert!(!signs(&c, &limits("bluesky", 300), &words()).contains("too-long"));
    }

    #[test]
    fn any_text_at_all_can_be_checked() {
        for text in [
            "",
            "\u{202e}\u{200d}\u{200d}",
            "😀😀😀",
            "a\u{301}".repeat(5_000).as_str(),
            "'''---@@@###",
            "ÀÉÎ ÕÜ ŠŽ",
            "+44",
            "@",
            "http://",
        ] {
            for r in in_text(text, Place::Text, &words()) {
                let s = r.span.map_or("", |s| &text[s.from..s.to]);
                assert!(r.span.is_none() || !s.is_empty());
            }
        }
    }
}
