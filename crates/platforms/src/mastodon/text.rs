//! PURE: how Mastodon counts a text, and its HTML as plain text.

use std::collections::HashSet;
use unicode_segmentation::UnicodeSegmentation;

/// A stretch of a text that the server counts in its own way.
enum Piece<'a> {
    Plain(&'a str),
    Url(&'a str),
    /// `@local`, with the server's name left out.
    Mention(&'a str),
}

/// The length as the server counts it: a link is `per_url`, and of `@user@server` only `@user` counts.
pub fn length(text: &str, per_url: usize) -> usize {
    let mut count = 0;
    pieces(text, |piece| {
        count += match piece {
            Piece::Plain(t) | Piece::Mention(t) => t.graphemes(true).count(),
            Piece::Url(_) => per_url,
        }
    });
    count
}

/// The text without what the server may change in it: servers' names in mentions, and the kind of white space.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    pieces(text, |piece| match piece {
        Piece::Plain(t) | Piece::Mention(t) | Piece::Url(t) => out.push_str(t),
    });
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Does the text mention this account already?
pub fn mentions(text: &str, acct: &str) -> bool {
    let wanted = format!("@{acct}");
    let known = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '-');
    text.match_indices(&wanted).any(|(at, found)| !text[..at].ends_with(known) && !text[at + found.len()..].starts_with(|c: char| known(c)))
}

fn pieces<'a>(text: &'a str, mut each: impl FnMut(Piece<'a>)) {
    let (mut plain, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let found = url_at(rest).map(|n| (n, Piece::Url(&rest[..n]))).or_else(|| {
            let begins = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '/' | '@'));
            let (local, whole) = mention_at(rest).filter(|_| begins)?;
            Some((whole, Piece::Mention(&rest[..local])))
        });
        match found {
            Some((long, piece)) => {
                if plain < at {
                    each(Piece::Plain(&text[plain..at]));
                }
                each(piece);
                at += long;
                plain = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if plain < text.len() {
        each(Piece::Plain(&text[plain..]));
    }
}

/// How long the link at the beginning of `rest` is.
fn url_at(rest: &str) -> Option<usize> {
    let scheme = ["https://", "http://"].into_iter().find(|s| rest.get(..s.len()).is_some_and(|r| r.eq_ignore_ascii_case(s)))?;
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(rest.len());
    let url = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '’', '”', '…']);
    (url.len() > scheme.len()).then_some(url.len())
}

/// How long `@user` and the whole of `@user@server` are.
fn mention_at(rest: &str) -> Option<(usize, usize)> {
    let after = rest.strip_prefix('@')?;
    let run = |s: &str, more: fn(char) -> bool| s.find(|c: char| !(c.is_ascii_alphanumeric() || more(c))).unwrap_or(s.len());
    let user = run(after, |c| matches!(c, '_' | '.' | '-'));
    let domain = after[user..].strip_prefix('@')?;
    let domain = domain[..run(domain, |c| matches!(c, '.' | '-' | ':'))].trim_end_matches(['.', '-', ':']);
    (user > 0 && !domain.is_empty()).then_some((user + 1, user + 2 + domain.len()))
}

/// Sanitised HTML as plain text: paragraphs and breaks as lines, links as what is read, and where a link leads if it
/// does not say so itself. What is left out by the sanitiser (scripts, styles) is left out here.
pub fn plain(html: &str) -> String {
    let mut cleaner = ammonia::Builder::empty();
    cleaner.tags(HashSet::from(["p", "br", "a", "li", "blockquote", "pre", "div"]));
    cleaner.tag_attributes([("a", HashSet::from(["href"]))].into());
    cleaner.clean_content_tags(HashSet::from(["script", "style"]));
    cleaner.link_rel(None);
    let clean = cleaner.clean(html).to_string();

    let mut out = String::with_capacity(clean.len());
    let mut link: Option<(String, usize)> = None;
    let mut rest = clean.as_str();
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(&decoded(before));
        let (tag, left) = after.split_once('>').unwrap_or((after, ""));
        let name = tag.split([' ', '/']).find(|n| !n.is_empty()).unwrap_or_default();
        match (name, tag.starts_with('/')) {
            ("br", _) => out.push('\n'),
            ("p" | "li" | "blockquote" | "pre" | "div", closes) => {
                let wanted = if name == "p" && !closes { "\n\n" } else { "\n" };
                if !out.is_empty() {
                    let have = out.len() - out.trim_end_matches('\n').len();
                    out.push_str(&wanted[have.min(wanted.len())..]);
                }
                if name == "li" && !closes {
                    out.push_str("- ");
                }
            }
            ("a", false) => link = href(tag).map(|h| (h, out.len())),
            ("a", true) => {
                if let Some((href, from)) = link.take() {
                    let shown = out.get(from..).unwrap_or_default().trim().to_owned();
                    let address = href.split_once("://").map_or(href.as_str(), |(_, a)| a);
                    let named =
                        shown.starts_with(['@', '#']) || [href.as_str(), address, address.trim_end_matches('/')].contains(&shown.as_str());
                    if !named {
                        out.push_str(&format!(" ({href})"));
                    }
                }
            }
            _ => {}
        }
        rest = left;
    }
    out.push_str(&decoded(rest));
    out.trim().replace('\0', "")
}

fn href(tag: &str) -> Option<String> {
    let value = tag.split_once("href=\"")?.1;
    Some(decoded(value.split_once('"')?.0))
}

/// The entities that the sanitiser writes.
fn decoded(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_counted_as_the_server_counts_them() {
        for (text, length_) in [
            ("", 0),
            ("plain", 5),
            ("e\u{301}", 1),
            ("👨‍👩‍👧", 1),
            ("see https://example.org/a/very/long/path?with=a&query=that#goes-on now", 4 + 23 + 4),
            ("https://example.org.", 24),
            ("(http://a.example)", 25),
            ("https://", 8),
            ("HTTPS://EXAMPLE.ORG", 23),
            ("hello @lynne@other.example!", 6 + 6 + 1),
            ("@lynne and @dave@b.example.", 6 + 5 + 5 + 1),
            ("mail me@home@example.org", 24),
            ("Ïà@b", 4),
        ] {
            assert_eq!(length(text, 23), length_, "{text}");
        }
    }

    #[test]
    fn html_becomes_what_was_read() {
        for (html, text) in [
            ("<p>One</p><p>Two<br>three<br />four</p>", "One\n\nTwo\nthree\nfour"),
            (
                r#"<p><span class="h-card"><a href="https://h.example/@force" class="u-url mention">@<span>force</span></a></span> hi</p>"#,
                "@force hi",
            ),
            (
                r#"<p><a href="https://example.org/long/path"><span class="invisible">https://</span><span class="ellipsis">example.org/lo</span><span class="invisible">ng/path</span></a></p>"#,
                "https://example.org/long/path",
            ),
            (r#"<p><a href="https://bad.example/login">your bank</a></p>"#, "your bank (https://bad.example/login)"),
            (r##"<p><a href="https://h.example/tags/a" rel="tag">#<span>Ostlebury</span></a></p>"##, "#Ostlebury"),
            ("a &lt;b&gt; &amp;lt; &quot;c&quot; &#x27;d&#x27;", "a <b> &lt; \"c\" 'd'"),
            ("<script>alert(1)</script><style>p{}</style><p onclick=x>ok<img src=x onerror=y></p>", "ok"),
            ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
            ("a\0b", "ab"),
            ("<p>un<b>closed", "unclosed"),
            (r#"<a href="javascript:alert(1)">x</a>"#, "x"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn a_mention_is_seen_whole() {
        for (text, acct, seen) in [
            ("@lynne hello", "lynne", true),
            ("hello @lynne.", "lynne", true),
            ("@lynneb hello", "lynne", false),
            ("@lynne@b.example hello", "lynne", false),
            ("@lynne@b.example hello", "lynne@b.example", true),
            ("a@lynne", "lynne", false),
        ] {
            assert_eq!(mentions(text, acct), seen, "{text} {acct}");
        }
    }

    #[test]
    fn folding_leaves_what_both_sides_agree_on() {
        assert_eq!(folded("@a@b.example  see\nhttps://x.example/y "), "@a see https://x.example/y");
    }
}
