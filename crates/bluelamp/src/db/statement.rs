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
    /// The same for several rows at once, by the places of [`AT_ONCE`].
    many_lite: [OnceLock<&'static str>; AT_ONCE.len()],
    many_pg: [OnceLock<&'static str>; AT_ONCE.len()],
}

/// How many rows one INSERT takes, the most first: few sizes, so that few statements are prepared, and no list so long
/// that its values outgrow what either database binds.
pub const AT_ONCE: [usize; 4] = [64, 16, 4, 1];

inventory::collect!(&'static Statement);

impl Statement {
    pub const fn new(text: &'static str, file: &'static str, line: u32) -> Self {
        Statement {
            text,
            file,
            line,
            lite: OnceLock::new(),
            pg: OnceLock::new(),
            many_lite: [const { OnceLock::new() }; AT_ONCE.len()],
            many_pg: [const { OnceLock::new() }; AT_ONCE.len()],
        }
    }

    /// The text for one database. Expanded once in the life of the program.
    pub fn sql(&self, dialect: Dialect) -> &'static str {
        let slot = match dialect {
            Dialect::Lite => &self.lite,
            Dialect::Pg => &self.pg,
        };
        slot.get_or_init(|| Box::leak(expand(self.text, dialect).into_boxed_str()))
    }

    /// The text of an INSERT for the number of rows at this place of [`AT_ONCE`].
    pub fn sql_of_many(&self, dialect: Dialect, place: usize) -> &'static str {
        let slots = match dialect {
            Dialect::Lite => &self.many_lite,
            Dialect::Pg => &self.many_pg,
        };
        slots[place].get_or_init(|| {
            let text = repeat(self.sql(dialect), AT_ONCE[place]);
            Box::leak(if dialect == Dialect::Lite { nameless(text) } else { text }.into_boxed_str())
        })
    }
}

/// An INSERT of one row as an INSERT of `rows`: its tuple of values stands that many times, each with values of its own.
fn repeat(text: &str, rows: usize) -> String {
    let (Some(open), Some(close)) = (text.find(" VALUES (").map(|at| at + " VALUES ".len()), tuple_end(text)) else {
        return text.to_owned();
    };
    let tuple = &text[open..close];
    let width = numbers(tuple).max().unwrap_or(0);
    let tuples: Vec<String> = (0..rows).map(|row| shifted(tuple, row * width)).collect();
    format!("{}{}{}", &text[..open], tuples.join(", "), &text[close..])
}

/// Where the tuple after VALUES ends: just behind the bracket that closes it.
fn tuple_end(text: &str) -> Option<usize> {
    let open = text.find(" VALUES (")? + " VALUES ".len();
    let mut depth = 0usize;
    for (at, c) in text[open..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(open + at + 1),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// SQLite keeps a list of the names of values and goes through it for each: with hundreds of them that is most of an
/// INSERT's cost. Values that stand in their order, each once, need no names.
fn nameless(text: String) -> String {
    if numbers(&text).eq(1..=numbers(&text).count()) {
        let mut parts = text.split('$');
        let first = parts.next().unwrap_or_default().to_owned();
        return parts.fold(first, |out, part| out + "?" + &part[digits(part).len()..]);
    }
    text
}

/// The numbers of the values in a piece of SQL.
fn numbers(text: &str) -> impl Iterator<Item = usize> {
    text.split('$').skip(1).filter_map(|after| digits(after).parse().ok())
}

fn digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

fn shifted(tuple: &str, by: usize) -> String {
    let mut parts = tuple.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = digits(part);
        out.push_str(&format!("${}{}", number.parse::<usize>().unwrap_or(0) + by, &part[number.len()..]));
    }
    out
}

/// Writes a statement: `sql!("SELECT … WHERE force = $1 AND account {in:$2}")`.
///
/// Tokens: `{in:$n}` membership in a list of ids ([`crate::db::Val::Ids`]); `{in_texts:$n}` membership in a list of texts
/// ([`crate::db::Val::Texts`]); `{skip_locked}` row locks that pass over
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
    if let Some(arg) = token.strip_prefix("in_texts:") {
        return if lite { format!("IN (SELECT value FROM json_each({arg}))") } else { format!("= ANY({arg})") };
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

    #[test]
    fn an_insert_of_many_rows_gives_each_its_own_values() {
        let one = "INSERT INTO t (a, b, c, d) VALUES ($1, $2, 'x', coalesce($2, 0)) ON CONFLICT (a) DO NOTHING";
        assert_eq!(repeat(one, 1), one);
        assert_eq!(
            repeat(one, 2),
            "INSERT INTO t (a, b, c, d) VALUES ($1, $2, 'x', coalesce($2, 0)), ($3, $4, 'x', coalesce($4, 0)) ON CONFLICT (a) DO NOTHING"
        );
        assert_eq!(nameless(repeat("INSERT INTO t (a, b) VALUES ($1, $2)", 2)), "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)");
        assert_eq!(nameless(repeat(one, 2)), repeat(one, 2), "a value that stands twice keeps its name");
        let ten = repeat("INSERT INTO t (a) VALUES ($1)", 10);
        assert!(ten.ends_with("($9), ($10)"), "{ten}");
    }
}
