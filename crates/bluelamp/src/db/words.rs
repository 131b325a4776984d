//! Words to be found: text folded to what people type, and what they typed folded to a question of either database.
//!
//! Folding is ours, so that both databases find the same and neither guesses a language: compatibility forms, case,
//! accents and joiners go (`tŷ` is found as `ty`), an emoji is a word of its own. INVARIANT: each indexed text begins
//! with its force's mark and each question asks for it, so that the index itself matches nothing of another force (I2).

use super::{DbError, Tx, Val};
use crate::{sql, vals};
use bluelamp_domain::ids::{ForceId, MessageId};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The migration that brought the index: what stood before it is indexed with it.
pub const MIGRATION: &str = "0014_storage";
/// Words of one text that are indexed; a text of 100 kB has fewer.
const MOST: usize = 20_000;
/// Bytes of a text that are indexed: PostgreSQL takes no more than a megabyte of words and places.
const LARGEST: usize = 300_000;
/// Characters of a word that are looked at.
const LONGEST: usize = 60;
/// Words of a question.
const ASKED: usize = 20;
/// Messages that the index answers with at most, newest first: a page shows far fewer.
const FOUND: i64 = 20_000;

/// The words of a text, in its order.
pub fn fold(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut end = |word: &mut String| {
        if !word.is_empty() && words.len() < MOST {
            words.push(std::mem::take(word));
        }
        word.clear();
    };
    for c in text.nfkd() {
        if joins(c) {
            continue;
        }
        if c.is_alphanumeric() {
            if word.chars().count() < LONGEST {
                word.extend(c.to_lowercase().filter(|c| !joins(*c)));
            }
            continue;
        }
        end(&mut word);
        if is_picture(c) {
            word = format!("u{:x}", u32::from(c));
            end(&mut word);
        }
    }
    end(&mut word);
    words
}

/// Stands inside a word or a picture without being one: marks, apostrophes, joiners, variation and skin tone.
fn joins(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c, '\'' | '\u{2019}' | '\u{2bc}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

fn is_picture(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

fn mark(force: ForceId) -> String {
    format!("f{}", force.0.simple())
}

/// What the index keeps of a text.
fn kept(force: ForceId, text: &str) -> String {
    let mut out = mark(force);
    for word in fold(text) {
        if out.len() > LARGEST {
            break;
        }
        out.push(' ');
        out.push_str(&word);
    }
    out
}

/// What somebody looks for: words that must all be there, and in "quotation marks" words that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    force: ForceId,
    together: Vec<Vec<String>>,
    /// The last word was not finished: what begins so is found too.
    begins: bool,
}

impl Wanted {
    /// Nothing where no word was typed.
    pub fn parse(force: ForceId, typed: &str) -> Option<Wanted> {
        let mut together = Vec::new();
        let mut begins = false;
        for (nth, part) in typed.split(['"', '\u{201c}', '\u{201d}']).enumerate() {
            if nth % 2 == 1 {
                together.push(fold(part));
                begins = false;
            } else {
                for typed in part.split_whitespace() {
                    let words = fold(typed);
                    // `mill-lane` is two words that stand together.
                    begins = words.len() == 1 && words[0].chars().count() >= 3;
                    together.push(words);
                }
            }
        }
        together.retain(|words| !words.is_empty());
        together.truncate(ASKED);
        for words in &mut together {
            words.truncate(ASKED);
        }
        (!together.is_empty()).then_some(Wanted { force, together, begins })
    }

    /// The question in one database's own words. They hold letters and digits alone, so nothing in them can be syntax.
    pub fn question(&self, dialect: super::Dialect) -> String {
        let last = self.together.len() - 1;
        let begins = |nth: usize| self.begins && nth == last;
        match dialect {
            super::Dialect::Lite => {
                let terms = self.together.iter().enumerate().map(|(nth, words)| {
                    let star = if begins(nth) { " *" } else { "" };
                    format!(" AND \"{}\"{star}", words.join(" "))
                });
                format!("\"{}\"{}", mark(self.force), terms.collect::<String>())
            }
            super::Dialect::Pg => {
                let terms = self.together.iter().enumerate().map(|(nth, words)| {
                    let star = if begins(nth) { ":*" } else { "" };
                    let words: Vec<String> = words.iter().map(|w| format!("'{w}'{star}")).collect();
                    format!(" & ({})", words.join(" <-> "))
                });
                format!("'{}'{}", mark(self.force), terms.collect::<String>())
            }
        }
    }
}

/// Indexes these messages' words, or what they are now: one statement for them all.
pub async fn put(tx: &mut Tx, force: ForceId, texts: &[(MessageId, &str)]) -> Result<(), DbError> {
    if texts.is_empty() {
        return Ok(());
    }
    let list: Vec<(String, String)> = texts.iter().map(|(id, text)| (id.0.simple().to_string(), kept(force, text))).collect();
    let list = serde_json::to_string(&list).map_err(|e| DbError::Other(e.to_string()))?;
    tx.run(
        sql!("INSERT INTO message_search (force, message, words) SELECT $1, {lite:unhex(json_extract(value, '$[0]')), json_extract(value, '$[1]') FROM json_each($2) WHERE true}{pg:(value ->> 0)::uuid, value ->> 1 FROM jsonb_array_elements($2::jsonb) AS t(value)} ON CONFLICT (force, message) DO UPDATE SET words = excluded.words"),
        vals![force, list],
    )
    .await?;
    Ok(())
}

/// Messages of this scope that hold what is wanted, newest first, closed ones too, before a row.
pub async fn find(tx: &mut Tx, scope: &crate::act::Scope, wanted: &Wanted, limit: i64) -> Result<Vec<MessageId>, DbError> {
    let areas = serde_json::to_string(&scope.areas).unwrap_or_else(|_| "[]".into());
    let question = wanted.question(tx.dialect());
    let rows = tx
        .rows(
            sql!("SELECT m.id FROM message_search s JOIN message m ON m.force = s.force AND m.id = s.message WHERE s.force = $1 AND {lite:s.n IN (SELECT rowid FROM message_words WHERE message_words MATCH $5 ORDER BY rowid DESC LIMIT $7)}{pg:s.vector @@ $5::tsquery AND $7 > 0} AND ($2 = 1 OR m.account {in:$3} OR m.area IN (SELECT value FROM {lite:json_each($4)}{pg:jsonb_array_elements_text($4::jsonb) AS t(value)}) OR m.id {in:$8}) ORDER BY m.received_at DESC, m.id DESC LIMIT $6"),
            vec![
                Val::from(wanted.force),
                Val::from(scope.every),
                scope.ids(),
                Val::from(areas),
                Val::from(question),
                Val::from(limit.clamp(1, 200)),
                Val::from(FOUND),
                scope.message_ids(),
            ],
        )
        .await?;
    rows.iter().map(|r| r.get("id")).collect()
}

/// Indexes every message that stood before the index did, force by force: part of the migration.
pub async fn index_existing(tx: &mut Tx) -> Result<(), DbError> {
    const PAGE: usize = 500;
    let forces = tx.rows(sql!("SELECT id FROM force ORDER BY id"), vals![]).await?;
    for row in &forces {
        let force: ForceId = row.get("id")?;
        tx.enter(force).await?;
        let mut after = MessageId(uuid::Uuid::nil());
        loop {
            let rows = tx
                .rows(sql!("SELECT id, text FROM message WHERE force = $1 AND id > $2 ORDER BY id LIMIT 500"), vals![force, after])
                .await?;
            let texts = rows.iter().map(|r| Ok((r.get("id")?, r.get("text")?))).collect::<Result<Vec<(MessageId, String)>, DbError>>()?;
            let borrowed: Vec<(MessageId, &str)> = texts.iter().map(|(id, text)| (*id, text.as_str())).collect();
            put(tx, force, &borrowed).await?;
            match texts.last() {
                Some((last, _)) if texts.len() == PAGE => after = *last,
                _ => break,
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Dialect;

    #[test]
    fn words_are_folded_to_what_people_type() {
        for (text, words) in [
            ("Tŷ Gwyn, Ŵyl y Llŷn", &["ty", "gwyn", "wyl", "y", "llyn"][..]),
            ("DON'T don’t", &["dont", "dont"]),
            ("k\u{200b}n\u{ad}ife \u{ff2b}\u{ff2e}\u{ff29}", &["knife", "kni"]),
            ("he has a 🔪!", &["he", "has", "a", "u1f52a"]),
            ("👍🏽👍", &["u1f44d", "u1f44d"]),
            ("Mill-Lane/5", &["mill", "lane", "5"]),
            ("Ελλάδα Привет", &["ελλαδα", "привет"]),
            ("' \" * ( ) AND", &["and"]),
            ("", &[]),
        ] {
            assert_eq!(fold(text), words, "{text}");
        }
        assert_eq!(fold(&"x".repeat(500))[0].len(), LONGEST);
    }

    #[test]
    fn what_is_typed_becomes_a_question_of_words_alone() {
        let force = ForceId(uuid::Uuid::from_u128(10));
        let ask = |typed: &str, d| Wanted::parse(force, typed).map(|w| w.question(d).replace(&mark(force), "F"));
        for (typed, lite, pg) in [
            ("Mill lan", "\"F\" AND \"mill\" AND \"lan\" *", "'F' & ('mill') & ('lan':*)"),
            ("\"mill lane\" tŷ", "\"F\" AND \"mill lane\" AND \"ty\"", "'F' & ('mill' <-> 'lane') & ('ty')"),
            ("mill-lane", "\"F\" AND \"mill lane\"", "'F' & ('mill' <-> 'lane')"),
            ("🔪", "\"F\" AND \"u1f52a\" *", "'F' & ('u1f52a':*)"),
            ("NEAR(a b) OR *'; --", "\"F\" AND \"near a\" AND \"b\" AND \"or\"", "'F' & ('near' <-> 'a') & ('b') & ('or')"),
        ] {
            assert_eq!(ask(typed, Dialect::Lite).as_deref(), Some(lite), "{typed}");
            assert_eq!(ask(typed, Dialect::Pg).as_deref(), Some(pg), "{typed}");
        }
        for nothing in ["", "  ", "\"\"", "*'();"] {
            assert_eq!(ask(nothing, Dialect::Lite), None, "{nothing}");
        }
    }
}
