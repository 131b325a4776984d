//! Whom a text mentions: `@name`, `@name.example` and `@name@server.example`, as the platforms read them. An e-mail
//! address and a part of a link are no mentions.

use super::Span;

/// Somebody who is named by their handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Without the first `@`, in lower case.
    pub handle: String,
    pub span: Span,
}

/// In the order of the text.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut out: Vec<Mention> = Vec::new();
    for (at, _) in text.match_indices(['@', '\u{ff20}']) {
        let within = out.last().is_some_and(|m| at < m.span.to);
        let before = text[..at].chars().next_back();
        if within || before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '/' | '@' | '+')) {
            continue;
        }
        let from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        let name = run(&text[from..]);
        if name.is_empty() {
            continue;
        }
        let mut to = from + name.len();
        if let Some(rest) = text[to..].strip_prefix('@') {
            let server = run(rest);
            if !server.is_empty() {
                to += 1 + server.len();
            }
        }
        out.push(Mention { handle: text[from..to].to_lowercase(), span: Span { from: at, to } });
    }
    out
}

/// What a handle may be made of; a full stop or a hyphen at the end belongs to the sentence.
fn run(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_found_as_each_platform_writes_them() {
        let said = |text: &str| mentions(text).into_iter().map(|m| m.handle).collect::<Vec<_>>();
        assert_eq!(said("@Wren.example.test, thank you"), ["wren.example.test"]);
        assert_eq!(said("(thanks to @wren_99@Social.example.)"), ["wren_99@social.example"]);
        assert_eq!(said(".@wren and\n@robin's dog; \u{ff20}rook"), ["wren", "robin", "rook"]);
        assert_eq!(said("write to desk@force.example or see https://social.example/@wren/11"), Vec::<String>::new());
        assert_eq!(said("meet @ six, @, @@"), Vec::<String>::new());
        assert_eq!(said("👮 @wren@ now"), ["wren"]);
    }

    #[test]
    fn a_span_is_the_whole_handle() {
        let text = "caf\u{e9} @Wren@Social.example, and @robin.";
        let spans: Vec<&str> = mentions(text).iter().map(|m| &text[m.span.from..m.span.to]).collect();
        assert_eq!(spans, ["@Wren@Social.example", "@robin"]);
    }
}
