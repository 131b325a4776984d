//! What a platform takes, as it counts: asked before anything leaves.

use super::plain::links;
use super::{Place, Remark, Span, Weight};
use crate::publishing::content::{MAX_PARTS, Picture};
use unicode_segmentation::UnicodeSegmentation;

/// A platform's figures, or those of an account's own server where they differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limits {
    pub platform: String,
    /// Its name for people.
    pub title: String,
    pub max_graphemes: usize,
    pub max_bytes: Option<usize>,
    /// What one link counts, where links have a fixed length.
    pub link_counts: Option<usize>,
    pub max_images: usize,
    pub max_alt: usize,
    pub threads: bool,
    pub publish: bool,
}

/// The length of a text as the platform counts it.
pub fn count(text: &str, limits: &Limits) -> usize {
    let whole = text.graphemes(true).count();
    let Some(each) = limits.link_counts else { return whole };
    links(text).into_iter().fold(whole, |n, (a, b)| n - text[a..b].graphemes(true).count() + each)
}

/// Why this platform would not take it.
pub(super) fn stops(parts: &[(usize, &str)], pictures: &[Picture], l: &Limits, place: &Place) -> Vec<Remark> {
    let mut out = Vec::new();
    let mut stop = |sign, place: Place, span, says: String, advice: &str| {
        out.push(Remark { sign, weight: Weight::Stop, place, span, says, advice: advice.to_owned() });
    };
    let title = &l.title;
    if !l.publish {
        stop("cannot-publish", Place::Whole, None, format!("Bluelamp cannot publish on {title}."), "Take its accounts off this draft.");
        return out;
    }
    if parts.iter().all(|(_, p)| p.is_empty()) && pictures.is_empty() {
        stop("empty", place.clone(), None, "There is nothing to publish yet.".into(), "Write something or add a picture.");
    }
    if parts.len() > 1 && !l.threads {
        stop("no-threads", place.clone(), None, format!("{title} has no threads."), "Write one text for it, without a line of ---.");
    }
    if parts.len() > MAX_PARTS {
        stop(
            "too-many-parts",
            place.clone(),
            None,
            format!("A thread has at most {MAX_PARTS} parts, this has {}.", parts.len()),
            "Leave some out.",
        );
    }
    for (nth, (at, part)) in parts.iter().enumerate() {
        let length = count(part, l);
        let which = if parts.len() > 1 { format!("Part {} ", nth + 1) } else { "The text ".to_owned() };
        let advice = if l.threads { "Shorten it, or part it with a line of ---." } else { "Shorten it." };
        if length > l.max_graphemes {
            let over = part.grapheme_indices(true).nth(l.max_graphemes).map(|(i, _)| Span { from: at + i, to: at + part.len() });
            stop("too-long", place.clone(), over, format!("{which}has {length} characters; {title} takes {}.", l.max_graphemes), advice);
        } else if let Some(max) = l.max_bytes.filter(|max| part.len() > *max) {
            stop("too-long", place.clone(), None, format!("{which}has {} bytes; {title} takes {max}.", part.len()), advice);
        }
    }
    if pictures.len() > l.max_images {
        stop(
            "too-many-pictures",
            Place::Whole,
            None,
            format!("{title} takes {} pictures, this has {}.", l.max_images, pictures.len()),
            "Remove some.",
        );
    }
    for (n, p) in pictures.iter().enumerate().filter(|(_, p)| p.alt.graphemes(true).count() > l.max_alt) {
        let says =
            format!("The description of picture {} has {} characters; {title} takes {}.", n + 1, p.alt.graphemes(true).count(), l.max_alt);
        stop("alt-too-long", Place::Picture(n), None, says, "Shorten it.");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(max: usize, link: Option<usize>) -> Limits {
        Limits {
            platform: "p".into(),
            title: "P".into(),
            max_graphemes: max,
            max_bytes: Some(40),
            link_counts: link,
            max_images: 1,
            max_alt: 5,
            threads: false,
            publish: true,
        }
    }

    fn signs(text: &str, l: &Limits) -> Vec<&'static str> {
        stops(&crate::publishing::content::parts(text), &[], l, &Place::Text).into_iter().map(|r| r.sign).collect()
    }

    #[test]
    fn a_platform_counts_graphemes_and_fixed_links() {
        assert_eq!(count("e\u{301}👮🏽\u{200d}♀\u{fe0f}", &limits(10, None)), 2);
        assert_eq!(count("go https://example.org/a/very/long/address now", &limits(10, Some(23))), 3 + 23 + 4);
        assert_eq!(count("go https://example.org/x, now", &limits(10, Some(23))), 3 + 23 + 5);
    }

    #[test]
    fn the_words_over_the_limit_are_pointed_at() {
        let l = limits(5, None);
        let r = &stops(&[(3, "éabcdef")], &[], &l, &Place::Text)[0];
        assert_eq!((r.sign, r.span), ("too-long", Some(Span { from: 3 + 6, to: 3 + 8 })));
    }

    #[test]
    fn each_figure_stops() {
        assert_eq!(signs("", &limits(5, None)), ["empty"]);
        assert_eq!(signs("a\n---\nb", &limits(5, None)), ["no-threads"]);
        assert_eq!(signs(&"é".repeat(21), &limits(50, None)), ["too-long"], "bytes count too");
        assert_eq!(signs("a", &Limits { publish: false, ..limits(5, None) }), ["cannot-publish"]);
    }
}
