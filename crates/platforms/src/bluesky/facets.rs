//! Links, mentions and hashtags in a text. The platform links nothing by itself: each place is told in UTF-8 bytes.

use unicode_segmentation::UnicodeSegmentation;

/// What stands at `start..end` (bytes) of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facet {
    pub start: usize,
    pub end: usize,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Link(String),
    /// A handle without its `@`; it becomes a mention when the platform knows it.
    Mention(String),
    /// A tag without its `#`.
    Tag(String),
}

/// The longest tag the platform takes, in graphemes.
const MAX_TAG: usize = 64;
/// Endings by which a bare address is known for one: a sentence without a space after its full stop is not.
const ENDINGS: [&str; 6] = ["uk", "com", "org", "net", "gov", "info"];

pub(super) fn facets(text: &str) -> Vec<Facet> {
    words(text).filter_map(|(start, word)| facet(start, word)).collect()
}

/// Words between white space, with where they begin, without opening brackets and quotes.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(char::is_whitespace).map(move |word| {
        let bare = word.trim_start_matches(['(', '[', '{', '<', '"', '\'', '“', '‘', '«']);
        (bare.as_ptr() as usize - text.as_ptr() as usize, bare)
    })
}

fn facet(start: usize, word: &str) -> Option<Facet> {
    let at = |length: usize, what| Some(Facet { start, end: start + length, what });
    if let Some(rest) = word.strip_prefix('@') {
        let handle = ended(rest, |c| c.is_ascii_alphanumeric() || c == '-' || c == '.').trim_end_matches(['.', '-']);
        return is_host(handle).then(|| at(1 + handle.len(), What::Mention(handle.to_ascii_lowercase()))).flatten();
    }
    if let Some((sign, rest)) = ["#", "＃"].iter().find_map(|s| Some((*s, word.strip_prefix(s)?))) {
        let tag = ended(rest, |c| !c.is_ascii_punctuation() && !"，。、！？…“”‘’«»".contains(c) || c == '_');
        let worth = tag.chars().any(|c| !c.is_numeric() && c != '_') && tag.graphemes(true).count() <= MAX_TAG;
        return worth.then(|| at(sign.len() + tag.len(), What::Tag(tag.to_string()))).flatten();
    }
    let address = trim_end(word);
    let scheme = ["https://", "http://"].iter().find(|s| address.get(..s.len()).is_some_and(|a| a.eq_ignore_ascii_case(s)));
    let uri = match scheme {
        Some(_) => address.to_string(),
        None if bare_address(address) => format!("https://{address}"),
        None => return None,
    };
    url::Url::parse(&uri).ok().filter(url::Url::has_host)?;
    at(address.len(), What::Link(uri))
}

fn ended(s: &str, keep: impl Fn(char) -> bool) -> &str {
    s.find(|c| !keep(c)).map_or(s, |end| &s[..end])
}

/// Without the punctuation that ends a sentence; a closing bracket stays when it was opened inside.
fn trim_end(word: &str) -> &str {
    let mut s = word;
    loop {
        let cut = s.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', '”', '’', '»', '>', ']', '}', '…']);
        let cut = match cut.strip_suffix(')') {
            Some(inner) if cut.matches('(').count() < cut.matches(')').count() => inner,
            _ => cut,
        };
        if cut.len() == s.len() {
            return s;
        }
        s = cut;
    }
}

fn bare_address(s: &str) -> bool {
    let host = ended(s, |c| !matches!(c, '/' | '?' | '#'));
    is_host(host) && host.rsplit('.').next().is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

fn is_host(s: &str) -> bool {
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    s.len() <= 253
        && s.contains('.')
        && s.split('.').all(label)
        && s.rsplit('.').next().is_some_and(|e| e.as_bytes()[0].is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &[(&str, What)]) {
        let found: Vec<_> = facets(text).into_iter().map(|f| (&text[f.start..f.end], f.what)).collect();
        assert_eq!(found, wanted, "{text}");
    }

    fn link(s: &str) -> What {
        What::Link(s.into())
    }

    #[test]
    fn places_are_bytes_and_not_characters() {
        let text = "🚓 Café – https://example.org/a #Müll @someone.test";
        let found = facets(text);
        assert_eq!((found[0].start, found[0].end), (15, 36), "🚓 is 4 bytes, – is 3, é is 2");
        check(
            text,
            &[
                ("https://example.org/a", link("https://example.org/a")),
                ("#Müll", What::Tag("Müll".into())),
                ("@someone.test", What::Mention("someone.test".into())),
            ],
        );
    }

    #[test]
    fn punctuation_around_is_not_part_of_it() {
        check("(see https://example.org/a_(b)).", &[("https://example.org/a_(b)", link("https://example.org/a_(b)"))]);
        check("Call us: example.police.uk/report, or 101.", &[("example.police.uk/report", link("https://example.police.uk/report"))]);
        check(
            "“#Safe”, #sound. #and!",
            &[("#Safe", What::Tag("Safe".into())), ("#sound", What::Tag("sound".into())), ("#and", What::Tag("and".into()))],
        );
        check("thanks @Neighbour.Test's dog", &[("@Neighbour.Test", What::Mention("neighbour.test".into()))]);
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for text in [
            "end.Begin again",
            "mail me@example.org",
            "@nobody",
            "#",
            "#123",
            "room#4",
            "http://",
            "https://",
            "a.b",
            "@-.x",
            "1.5.uk3",
            "@127.0.0.1",
            ".uk",
            "#_",
        ] {
            check(text, &[]);
        }
        check(&format!("#{}", "x".repeat(65)), &[]);
    }

    #[test]
    fn places_never_overlap_and_always_cut_at_characters() {
        for text in ["#a#b", "https://example.org/#frag", "@a.test@b.test", "((#x))", "＃全角", "#🚓 #é\u{301}"] {
            let mut last = 0;
            for f in facets(text) {
                assert!(f.start >= last && text.is_char_boundary(f.start) && text.is_char_boundary(f.end), "{text}");
                last = f.end;
            }
        }
    }
}
