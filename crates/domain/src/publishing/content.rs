//! What a draft holds: its words, its pictures, where it goes and what it is for.

use crate::act::Refusal;
use crate::ids::{AccountId, CaseId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of post it is; the packs' rules differ by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, Default)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Post,
    Reply,
    Appeal,
    Arrest,
    Charge,
    Missing,
    Wanted,
}

impl Kind {
    pub const ALL: [Kind; 7] = [Kind::Post, Kind::Reply, Kind::Appeal, Kind::Arrest, Kind::Charge, Kind::Missing, Kind::Wanted];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Post => "post",
            Kind::Reply => "reply",
            Kind::Appeal => "appeal",
            Kind::Arrest => "arrest",
            Kind::Charge => "charge",
            Kind::Missing => "missing",
            Kind::Wanted => "wanted",
        }
    }

    /// As a page says it.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Post => "Post",
            Kind::Reply => "Reply",
            Kind::Appeal => "Appeal for information or witnesses",
            Kind::Arrest => "Arrest",
            Kind::Charge => "Charge",
            Kind::Missing => "Missing person",
            Kind::Wanted => "Wanted person",
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.name() == name)
    }

    /// Asks the public for something, and so comes down when its case ends (APP-POL-7).
    pub fn appeals(self) -> bool {
        match self {
            Kind::Appeal | Kind::Missing | Kind::Wanted => true,
            Kind::Post | Kind::Reply | Kind::Arrest | Kind::Charge => false,
        }
    }
}

/// A picture that was re-encoded here: nothing of its first file is left but what is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// SHA-256 of the re-encoded bytes; their name in the object store.
    pub object: String,
    pub mime: String,
    pub width: u32,
    pub height: u32,
    pub size: usize,
    /// The file's name as its author knows it; never sent.
    pub name: String,
    pub alt: String,
    /// The first file told where or with what it was made. That is gone.
    pub had_metadata: bool,
}

/// A draft's content as one revision of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Content {
    pub kind: Kind,
    /// A code of the pack's purposes; empty while its author has not said.
    pub purpose: String,
    pub audience: String,
    pub text: String,
    /// Other words for a platform, by its name. A platform not named here takes `text`.
    pub texts: BTreeMap<String, String>,
    /// `en` or `cy`.
    pub language: String,
    pub pictures: Vec<Picture>,
    pub accounts: Vec<AccountId>,
    pub case: Option<CaseId>,
}

/// The line that parts one post of a thread from the next. The author sets it; nothing is split by software.
pub const PART_LINE: &str = "---";

/// Most a draft may hold, whatever its platforms: so that a form cannot fill the database.
pub const MAX_TEXT: usize = 20_000;
pub const MAX_PICTURES: usize = 20;
pub const MAX_PARTS: usize = 25;
pub const MAX_ACCOUNTS: usize = 200;

impl Content {
    /// The words for a platform.
    pub fn text_for(&self, platform: &str) -> &str {
        self.texts.get(platform).filter(|t| !t.trim().is_empty()).unwrap_or(&self.text)
    }

    /// Tidied and bounded. Line ends become `\n`, as platforms count them.
    pub fn tidied(mut self) -> Result<Content, Refusal> {
        let tidy = |t: &str| t.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n").replace('\0', "");
        self.text = tidy(&self.text);
        self.texts = self.texts.into_iter().map(|(k, t)| (k, tidy(&t))).filter(|(_, t)| !t.trim().is_empty()).collect();
        if self.text.len() > MAX_TEXT || self.texts.values().any(|t| t.len() > MAX_TEXT) || self.texts.len() > 20 {
            return Err(Refusal::new("too-long", format!("a text has at most {MAX_TEXT} bytes; shorten it")));
        }
        if self.pictures.len() > MAX_PICTURES {
            return Err(Refusal::new("too-many-pictures", format!("a draft has at most {MAX_PICTURES} pictures; remove some")));
        }
        for p in &mut self.pictures {
            p.alt = tidy(&p.alt).trim().to_owned();
            if p.alt.len() > 5_000 {
                return Err(Refusal::new("alt-too-long", "a picture's description has at most 5,000 bytes; shorten it"));
            }
        }
        self.accounts.sort_unstable();
        self.accounts.dedup();
        if self.accounts.len() > MAX_ACCOUNTS {
            return Err(Refusal::new("too-many-accounts", format!("a draft goes to at most {MAX_ACCOUNTS} accounts")));
        }
        if !["", "en", "cy"].contains(&self.language.as_str()) {
            return Err(Refusal::new("language", format!("`{}` is no language Bluelamp publishes in: use `en` or `cy`", self.language)));
        }
        if self.language.is_empty() {
            self.language = "en".into();
        }
        Ok(self)
    }
}

/// The parts of a thread, with the byte at which each begins. One part where no line of `---` stands alone.
pub fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let (mut from, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim() == PART_LINE {
            out.push((from, &text[from..at]));
            from = at + line.len();
        }
        at += line.len();
    }
    out.push((from, &text[from..]));
    let trimmed = |(at, part): (usize, &'_ str)| (at + part.len() - part.trim_start().len(), part.len());
    let kept: Vec<(usize, &str)> =
        out.into_iter().filter(|(_, p)| !p.trim().is_empty()).map(|(at, p)| (trimmed((at, p)).0, p.trim())).collect();
    if kept.is_empty() { vec![(0, "")] } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_parted_where_its_author_says_and_nowhere_else() {
        let one = "A text - with -- dashes --- inside a line.";
        assert_eq!(parts(one), vec![(0, one)]);
        assert_eq!(parts("first\n---\nsecond\n ---  \n\n third \n"), vec![(0, "first"), (10, "second"), (26, "third")]);
        assert_eq!(parts("---\n\n---"), vec![(0, "")]);
        let text = "a\n---\n  bé";
        for (at, part) in parts(text) {
            assert_eq!(&text[at..at + part.len()], part);
        }
    }

    #[test]
    fn other_words_for_a_platform_stand_in_only_when_there_are_some() {
        let mut c = Content { text: "main".into(), ..Content::default() };
        c.texts.insert("x".into(), "   ".into());
        c.texts.insert("bluesky".into(), "other".into());
        assert_eq!((c.text_for("x"), c.text_for("bluesky"), c.text_for("mastodon")), ("main", "other", "main"));
        assert_eq!(c.tidied().unwrap().texts.len(), 1);
    }

    #[test]
    fn content_is_bounded_and_without_null() {
        let long = Content { text: "x".repeat(MAX_TEXT + 1), ..Content::default() };
        assert_eq!(long.tidied().unwrap_err().code, "too-long");
        let c = Content { text: "a\0b\r\nc".into(), ..Content::default() }.tidied().unwrap();
        assert_eq!((c.text.as_str(), c.language.as_str()), ("ab\nc", "en"));
        assert_eq!(Content { language: "xx".into(), ..Content::default() }.tidied().unwrap_err().code, "language");
    }
}
