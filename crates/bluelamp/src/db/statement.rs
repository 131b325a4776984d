//! One SQL text for two databases. Tokens stand for what differs; everything else must be understood by both.

use std::sync::OnceLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Lite,
    Pg,
}

/// A statement of a `store.rs`, registered so that a test can prepare each one on both databases.
pub struct Statement {
    pub text: &'static str,
    pub file: &'static str,
    pub line: u32,
    lite: OnceLock<&'static str>,
    pg: OnceLock<&'static str>,
}

inventory::collect!(&'static Statement);

impl Statement {
    pub const fn new(text: &'static str, file: &'static str, line: u32) -> Self {
        Statement { text, file, line, lite: OnceLock::new(), pg: OnceLock::new() }
    }

    /// The text for one database. Expanded once in the life of the program.
    pub fn sql(&self, dialect: Dialect) -> &'static str {
        let slot = match dialect {
            Dialect::Lite => &self.lite,
            Dialect::Pg => &self.pg,
        };
        slot.get_or_init(|| Box::leak(expand(self.text, dialect).into_boxed_str()))
    }
}

/// Writes a statement: `sql!("SELECT … WHERE force = $1 AND account {in:$2}")`.
///
/// Tokens: `{in:$n}` membership in a list of ids ([`crate::db::Val::Ids`]); `{skip_locked}` row locks that pass over
/// taken rows; `{lite:…}` and `{pg:…}` text for one database alone, without braces inside.
#[macro_export]
macro_rules! sql {
    ($text:literal) => {{
        static STATEMENT: $crate::db::Statement = $crate::db::Statement::new($text, file!(), line!());
        ::inventory::submit! { &STATEMENT }
        &STATEMENT
    }};
}

/// Replaces the tokens of `text`.
pub fn expand(text: &str, dialect: Dialect) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else { break };
        let token = &rest[open + 1..open + close];
        out.push_str(&token_text(token, dialect));
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}

fn token_text(token: &str, dialect: Dialect) -> String {
    let lite = dialect == Dialect::Lite;
    if let Some(arg) = token.strip_prefix("in:") {
        return if lite { format!("IN (SELECT unhex(value) FROM json_each({arg}))") } else { format!("= ANY({arg})") };
    }
    if let Some(body) = token.strip_prefix("lite:") {
        return if lite { body.to_owned() } else { String::new() };
    }
    if let Some(body) = token.strip_prefix("pg:") {
        return if lite { String::new() } else { body.to_owned() };
    }
    match (token, lite) {
        ("skip_locked", true) => "",
        ("skip_locked", false) => "FOR UPDATE SKIP LOCKED",
        // Column types, for migrations.
        ("id" | "blob", true) => "BLOB",
        ("id", false) => "UUID",
        ("blob", false) => "BYTEA",
        ("int", true) => "INTEGER",
        ("int", false) => "BIGINT",
        // Counts up by itself, in the order of insertion.
        ("serial", true) => "INTEGER",
        ("serial", false) => "BIGINT GENERATED ALWAYS AS IDENTITY",
        ("real", true) => "REAL",
        ("real", false) => "DOUBLE PRECISION",
        ("text", true) => "TEXT",
        ("text", false) => "TEXT COLLATE \"C\"",
        ("strict", true) => "STRICT",
        ("strict", false) => "",
        // Unknown: left as it stands, so that preparing it fails with the token in view.
        _ => return format!("{{{token}}}"),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_become_each_databases_own_words() {
        let text = "SELECT a FROM t WHERE x {in:$2} {skip_locked}{pg: AND true}{lite: AND 1}";
        assert_eq!(expand(text, Dialect::Pg), "SELECT a FROM t WHERE x = ANY($2) FOR UPDATE SKIP LOCKED AND true");
        assert_eq!(expand(text, Dialect::Lite), "SELECT a FROM t WHERE x IN (SELECT unhex(value) FROM json_each($2))  AND 1");
    }
}
