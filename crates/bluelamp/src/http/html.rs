//! The only way a page may write markup that did not come from its template: server-drawn charts. Everything else is
//! escaped by askama, and a source test forbids its `safe` filter.

use std::fmt;

/// Markup made by this module from numbers alone, so that it can hold nothing a correspondent wrote.
#[derive(Clone, Debug, Default)]
pub struct Html(String);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

/// Thirteen weeks as thirteen bars, say: the tallest fills the height, nothing at all is a dot on the line. Hidden from
/// screen readers, because the sentence beside it says the same in words.
pub fn sparkline(values: &[u32]) -> Html {
    const HEIGHT: u32 = 18;
    let top = values.iter().copied().max().unwrap_or(0).max(1);
    let width = values.len() * 5;
    let mut svg = format!(
        "<svg class=\"bl-spark\" width=\"{width}\" height=\"{HEIGHT}\" viewBox=\"0 0 {width} {HEIGHT}\" \
         aria-hidden=\"true\" focusable=\"false\">"
    );
    for (place, value) in values.iter().enumerate() {
        let tall = match value {
            0 => 1,
            some => (u64::from(*some) * u64::from(HEIGHT) / u64::from(top)).clamp(2, u64::from(HEIGHT)) as u32,
        };
        let class = if *value == 0 { " class=\"is-zero\"" } else { "" };
        let (x, y) = (place * 5, HEIGHT - tall);
        svg.push_str(&format!("<rect{class} x=\"{x}\" y=\"{y}\" width=\"4\" height=\"{tall}\" rx=\"1\"/>"));
    }
    svg.push_str("</svg>");
    Html(svg)
}

/// One bar cut into parts, for the strip above the clauses: each part is a share of the whole, with its class.
pub fn strip(parts: &[(&'static str, u64)]) -> Html {
    let whole = parts.iter().map(|(_, count)| count).sum::<u64>().max(1);
    let mut svg = String::from(
        "<svg class=\"bl-strip\" viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" aria-hidden=\"true\" focusable=\"false\">",
    );
    let mut from = 0;
    for (class, count) in parts.iter().filter(|(_, count)| *count > 0) {
        let to = from + count * 1000 / whole;
        svg.push_str(&format!("<rect class=\"{class}\" x=\"{from}\" y=\"0\" width=\"{}\" height=\"14\"/>", to - from));
        from = to;
    }
    svg.push_str("</svg>");
    Html(svg)
}

/// A square that a camera reads: only its dots are drawn, never its text. `says` is one of ours.
pub fn qr(data: &str, says: &'static str) -> Html {
    let Ok(code) = qrcode::QrCode::new(data.as_bytes()) else { return Html::default() };
    let side = code.width();
    // Four modules of quiet around, as readers expect; white below, whatever the theme.
    let mut svg = format!(
        "<svg class=\"bl-qr\" width=\"220\" height=\"220\" viewBox=\"0 0 {0} {0}\" role=\"img\" aria-label=\"{says}\" shape-rendering=\"crispEdges\"><rect width=\"{0}\" height=\"{0}\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
        side + 8
    );
    for (place, dot) in code.to_colors().into_iter().enumerate() {
        if dot == qrcode::Color::Dark {
            svg.push_str(&format!("M{} {}h1v1h-1z", place % side + 4, place / side + 4));
        }
    }
    svg.push_str("\"/></svg>");
    Html(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_has_a_bar_for_each_value_and_fits_its_box() {
        let svg = sparkline(&[0, 1, 50, 100, u32::MAX]).to_string();
        assert_eq!(svg.matches("<rect").count(), 5);
        assert_eq!(svg.matches("is-zero").count(), 1);
        assert!(svg.contains("height=\"18\" rx"), "the tallest fills the height: {svg}");
        assert!(svg.contains("y=\"16\" width=\"4\" height=\"2\""), "a little is still seen: {svg}");
    }

    #[test]
    fn a_sparkline_of_nothing_draws_nothing() {
        assert_eq!(sparkline(&[]).to_string().matches("<rect").count(), 0);
    }

    #[test]
    fn a_strip_shows_each_part_in_its_share_and_skips_what_is_none() {
        let svg = strip(&[("is-kept", 75), ("is-broken", 25), ("is-unused", 0)]).to_string();
        assert!(svg.contains("class=\"is-kept\" x=\"0\" y=\"0\" width=\"750\""), "{svg}");
        assert!(svg.contains("class=\"is-broken\" x=\"750\" y=\"0\" width=\"250\""), "{svg}");
        assert!(!svg.contains("is-unused"));
    }

    fn templates(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                templates(&path, found);
            } else if path.extension().is_some_and(|e| e == "html") {
                found.push(path);
            }
        }
    }

    /// What would get past the content security policy's purpose: unescaped text, inline script, style or handler.
    #[test]
    fn no_template_turns_escaping_off_or_writes_script_or_style_inline() {
        let mut found = Vec::new();
        templates(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() >= 10, "the templates were not found: {found:?}");
        let inline = regex::Regex::new(r#"(?i)\|\s*safe\b|<script(>|\s[^>]*type="text)|<style|\sstyle=|\son[a-z]+=|javascript:"#).unwrap();
        for path in found {
            let text = std::fs::read_to_string(&path).unwrap();
            if let Some(hit) = inline.find(&text) {
                panic!("{} holds `{}`", path.display(), hit.as_str());
            }
        }
    }
}
