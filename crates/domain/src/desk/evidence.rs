//! The words that decided, shown in their place: a text cut into pieces, each evidence or not. Spans are byte offsets
//! from triage; one that does not fit the text (of an earlier revision, say) is left out rather than trusted.

use crate::triage::{Span, Triage};

/// A text as pieces, in order; together they are the whole text.
pub fn pieces(text: &str, spans: &[Span]) -> Vec<(String, bool)> {
    let mut fit: Vec<Span> = spans.iter().copied().filter(|s| s.start < s.end && text.get(s.start..s.end).is_some()).collect();
    fit.sort_unstable();
    let mut out: Vec<(String, bool)> = Vec::new();
    let mut at = 0;
    for span in fit {
        if span.end <= at {
            continue;
        }
        let start = span.start.max(at);
        if start > at {
            out.push((text[at..start].to_owned(), false));
        }
        match out.last_mut() {
            // Two that touch or overlap are one mark.
            Some((mark, true)) if start == at => mark.push_str(&text[start..span.end]),
            _ => out.push((text[start..span.end].to_owned(), true)),
        }
        at = span.end;
    }
    if at < text.len() || out.is_empty() {
        out.push((text[at..].to_owned(), false));
    }
    out
}

/// The spans of the words that this triage saw in this very text.
pub fn spans(triage: &Triage) -> Vec<Span> {
    triage.signals.iter().filter(|s| !s.carried).flat_map(|s| s.spans.iter().copied()).collect()
}

/// About `most` characters around the first evidence, for a row of the queue; spaces and line ends are one space.
pub fn excerpt(text: &str, spans: &[Span], most: usize) -> Vec<(String, bool)> {
    let whole = pieces(text, spans);
    let first = whole.iter().position(|(_, marked)| *marked).unwrap_or(0);
    let mut out = Vec::new();
    let mut left = most;
    for (i, (piece, marked)) in whole.iter().enumerate().skip(first.saturating_sub(1)) {
        let mut words = String::new();
        for c in piece.chars() {
            let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
            if !(c == ' ' && words.ends_with(' ')) {
                words.push(c);
            }
        }
        let length = words.chars().count();
        // What stands before the evidence gives a third of the room at most.
        let keep = if i < first { length.min(most / 3) } else { length.min(left) };
        let cut: String = if i < first { words.chars().skip(length - keep).collect() } else { words.chars().take(keep).collect() };
        let begins = i < first && keep < length || i == first.saturating_sub(1) && i > 0;
        let ends = i >= first && keep < length;
        out.push((format!("{}{cut}{}", if begins { "…" } else { "" }, if ends { "…" } else { "" }), *marked));
        left = left.saturating_sub(keep);
        if left == 0 {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    fn marked(text: &str, spans: &[Span]) -> String {
        pieces(text, spans).into_iter().map(|(t, m)| if m { format!("[{t}]") } else { t }).collect()
    }

    #[test]
    fn leics_triage_1_the_words_that_decided_are_marked_in_their_place() {
        assert_eq!(marked("he has a bat here", &[span(9, 12)]), "he has a [bat] here");
        assert_eq!(marked("he has a bat", &[]), "he has a bat");
        assert_eq!(marked("", &[]), "");
        assert_eq!(marked("abcdef", &[span(2, 4), span(1, 3), span(4, 5)]), "a[bcde]f");
    }

    #[test]
    fn a_span_that_does_not_fit_is_left_out() {
        assert_eq!(marked("\u{e9}t\u{e9}", &[span(1, 2), span(0, 99), span(3, 3), span(0, 2)]), "[\u{e9}]t\u{e9}");
    }

    #[test]
    fn an_excerpt_shows_the_evidence_of_a_long_text() {
        let text = format!("{} the KNIFE {}", "before ".repeat(50), "after ".repeat(50));
        let at = text.find("KNIFE").unwrap();
        let short: String = excerpt(&text, &[span(at, at + 5)], 60).into_iter().map(|(t, _)| t).collect();
        assert!(short.contains("KNIFE") && short.starts_with('…') && short.ends_with('…'), "{short}");
        assert!(short.chars().count() <= 60 + 60 / 3 + 3, "{short}");
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_whole_text_whatever_the_spans(text in "\\PC{0,60}", raw in proptest::collection::vec((0usize..80, 0usize..80), 0..8)) {
            let spans: Vec<Span> = raw.into_iter().map(|(start, end)| Span { start, end }).collect();
            let whole: String = pieces(&text, &spans).into_iter().map(|(t, _)| t).collect();
            prop_assert_eq!(whole, text.clone());
            let _ = excerpt(&text, &spans, 20);
        }
    }
}
