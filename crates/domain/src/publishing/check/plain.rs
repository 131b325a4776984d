//! Is it plain? Capitals, hashtags, links that hide where they lead, and how hard the words are to read.

use super::tokens::Token;
use super::{Found, Span, Weight};

/// Services that hide where a link leads. Our own addresses are short enough.
const SHORTENERS: &[&str] = &[
    "bit.ly",
    "tinyurl.com",
    "t.co",
    "goo.gl",
    "ow.ly",
    "is.gd",
    "buff.ly",
    "rb.gy",
    "cutt.ly",
    "tiny.cc",
    "lnkd.in",
    "shorturl.at",
    "t.ly",
    "rebrand.ly",
];

/// The links of a text: where each stands.
pub fn links(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("http") {
        let from = at + found;
        let rest = &text[from..];
        let scheme = ["https://", "http://"].into_iter().find(|s| rest.starts_with(s));
        let end = rest.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(rest.len());
        let link = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '\u{201d}', '\u{2019}']);
        match scheme {
            Some(scheme) if link.len() > scheme.len() => {
                out.push((from, from + link.len()));
                at = from + link.len();
            }
            _ => at = from + 4,
        }
    }
    out
}

pub(super) fn find(text: &str, tokens: &[Token<'_>], found: &mut Vec<Found>) {
    for (from, to) in links(text) {
        let host =
            text[from..to].split("://").nth(1).unwrap_or_default().split(['/', '?', '#', ':']).next().unwrap_or_default().to_lowercase();
        let host = host.trim_start_matches("www.");
        if SHORTENERS.contains(&host) {
            found.push(Found::sign(
                "link-short",
                from,
                to,
                "This link hides where it leads.",
                "Use the full address, so that people can see it is ours.",
            ));
        }
    }
    hashtags(text, found);
    capitals(tokens, found);
    if let Some(ease) = reading_ease(text).filter(|e| *e < 50) {
        found.push(Found {
            sign: "hard-to-read",
            weight: Weight::Advice,
            span: None,
            says: format!("Hard to read (reading ease {ease} of 100)."),
            advice: "Shorter sentences and everyday words reach more people.".into(),
        });
    }
}

fn hashtags(text: &str, found: &mut Vec<Found>) {
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        if let Some(tag) = piece.trim_end().strip_prefix('#') {
            let word: &str = tag.trim_end_matches(|c: char| !c.is_alphanumeric());
            if word.chars().count() > 12 && word.chars().all(|c| c.is_lowercase() || c.is_numeric()) {
                found.push(Found::sign(
                    "hashtag-case",
                    at,
                    at + 1 + word.len(),
                    "A screen reader runs these words together.",
                    "Begin each word of a hashtag with a capital.",
                ));
            }
        }
        at += piece.len();
    }
}

/// Three words of capitals side by side shout.
fn capitals(tokens: &[Token<'_>], found: &mut Vec<Found>) {
    let mut i = 0;
    while i < tokens.len() {
        let shouts = |t: &Token<'_>| !t.in_code && t.is_upper() && t.text.chars().all(char::is_alphabetic);
        let run = tokens[i..].iter().enumerate().take_while(|(n, t)| shouts(t) && (*n == 0 || t.joined)).count();
        if run >= 3 {
            let span = Span { from: tokens[i].from, to: tokens[i + run - 1].to };
            found.push(Found::sign(
                "all-caps",
                span.from,
                span.to,
                "Words in capitals are harder to read, and screen readers may spell them out.",
                "Write them as usual.",
            ));
        }
        i += run.max(1);
    }
}

/// Flesch's reading ease, 0 to 100, of texts long enough for it to mean anything.
pub fn reading_ease(text: &str) -> Option<i64> {
    let links = links(text);
    let words: Vec<&str> = super::tokens::tokens(text)
        .into_iter()
        .filter(|t| !t.in_code && !links.iter().any(|(a, b)| *a <= t.from && t.from < *b) && t.text.chars().any(char::is_alphabetic))
        .map(|t| t.text)
        .collect();
    if words.len() < 30 {
        return None;
    }
    let sentences = text.split(['.', '!', '?', '\n']).filter(|s| s.chars().any(char::is_alphabetic)).count().max(1);
    let syllables: usize = words.iter().map(|w| syllables(w)).sum();
    let n = words.len() as f64;
    let ease = 206.835 - 1.015 * (n / sentences as f64) - 84.6 * (syllables as f64 / n);
    // The measure is an estimate: whole numbers between its ends.
    Some(ease.clamp(0.0, 100.0).round() as i64)
}

fn syllables(word: &str) -> usize {
    let word = word.to_lowercase();
    let vowel = |c: char| "aeiouy".contains(c);
    let (mut groups, mut before) = (0, false);
    for c in word.chars() {
        let now = vowel(c);
        groups += usize::from(now && !before);
        before = now;
    }
    if word.ends_with('e') && !word.ends_with("le") && groups > 1 {
        groups -= 1;
    }
    groups.max(1)
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn seen(text: &str) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        find(text, &tokens(text), &mut found);
        found.iter().map(|f| (f.sign, f.span.map_or(String::new(), |s| text[s.from..s.to].to_owned()))).collect()
    }

    #[test]
    fn links_end_where_sentences_do() {
        let text = "See https://example.org/a?b=c, (https://example.org/d). http:// https";
        let found: Vec<&str> = links(text).into_iter().map(|(a, b)| &text[a..b]).collect();
        assert_eq!(found, ["https://example.org/a?b=c", "https://example.org/d"]);
    }

    #[test]
    fn plain_words_are_left_alone_and_others_pointed_at() {
        assert_eq!(seen("Read https://bit.ly/abc now"), [("link-short", "https://bit.ly/abc".into())]);
        assert_eq!(seen("#neighbourhoodwatchweek"), [("hashtag-case", "#neighbourhoodwatchweek".into())]);
        assert_eq!(seen("#NeighbourhoodWatch #road"), []);
        assert_eq!(seen("PLEASE STAY AWAY from it"), [("all-caps", "PLEASE STAY AWAY".into())]);
        assert_eq!(seen("the BBC and HMICFRS"), []);
    }

    #[test]
    fn long_words_in_long_sentences_are_hard_to_read() {
        let hard = "The organisation's comprehensive intelligence-led operational methodology facilitates considerable preventative engagement opportunities throughout neighbourhood communities, notwithstanding unavoidable environmental complexities regarding infrastructural accessibility considerations and administrative responsibilities affecting participating organisations, collaboratively.";
        let easy = "We shut the road. A car hit a tree. No one is hurt. Please go round by the park. We will say when it is open. Thank you for your help and your patience with us.";
        assert!(reading_ease(hard).unwrap() < 10);
        assert!(reading_ease(easy).unwrap() > 80);
        assert_eq!(reading_ease("Notwithstanding infrastructural considerations."), None);
    }
}
