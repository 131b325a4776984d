//! HTTP: every route on one page (`router.rs`), sessions and forms, problems, live events, and the one way out.

pub mod api;
pub mod assets;
pub mod egress;
pub mod events;
pub mod form;
pub mod frame;
pub mod headers;
pub mod help;
pub mod html;
pub mod lists;
pub mod openapi;
pub mod peer;
pub mod problem;
pub mod router;
pub mod session;
pub mod shell;
pub mod view;

pub use form::{Fields, Form};
pub use frame::{moment, shell_for};
pub use problem::{PageFault, PageResult, Problem};

use axum::response::{Html, IntoResponse, Redirect, Response};

/// After a form: see the page it leads to.
pub fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// A rendered page.
pub fn page<T: askama::Template>(template: &T) -> PageResult {
    page_with(200, template)
}

/// A rendered page with a status of its own: 422 for a form that has to be mended, 403 for a refusal.
pub fn page_with<T: askama::Template>(status: u16, template: &T) -> PageResult {
    let html = template.render().map_err(|e| PageFault(crate::act::Fault::Broken(e.to_string())))?;
    let status = axum::http::StatusCode::from_u16(status).unwrap_or(axum::http::StatusCode::OK);
    Ok((status, Html(html)).into_response())
}

/// Where to go back to: a path on this site, never another's address.
pub fn back_to<'a>(asked: Option<&'a str>, otherwise: &'a str) -> &'a str {
    asked.filter(|p| p.starts_with('/') && !p.starts_with("//") && !p.contains('\\') && !p.contains(['\r', '\n'])).unwrap_or(otherwise)
}

/// Percent-encodes everything but letters, digits and `-._~/`.
pub fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// Undoes form encoding; bytes that are no UTF-8 become replacement characters.
pub fn unpercent(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |b: u8| char::from(b).to_digit(16);
        match bytes[i] {
            b'+' => out.push(b' '),
            b'%' if i + 2 < bytes.len() && hex(bytes[i + 1]).is_some() && hex(bytes[i + 2]).is_some() => {
                let value = hex(bytes[i + 1]).unwrap_or(0) * 16 + hex(bytes[i + 2]).unwrap_or(0);
                out.push(u8::try_from(value).unwrap_or(b'?'));
                i += 2;
            }
            b => out.push(b),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Text into HTML.
pub fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
        out
    })
}

/// An asset's address for the page of a problem, which has no shell.
fn asset(name: &str) -> String {
    static ASSETS: std::sync::LazyLock<Option<assets::Assets>> = std::sync::LazyLock::new(|| assets::Assets::load().ok());
    ASSETS.as_ref().map_or_else(String::new, |a| a.url(name))
}

/// A problem as a page that needs nothing: it must come out even when the database does not.
fn error_page(p: &Problem) -> String {
    let clause = |c: &str| {
        if c.is_empty() { String::new() } else { format!(" <a class=\"bl-clause\" href=\"/assurance/clauses/{0}\">{0}</a>", escape(c)) }
    };
    let reasons: String = p.reasons.iter().map(|r| format!("<li>{}{}</li>", escape(&r.says), clause(&r.clause))).collect();
    let body = if reasons.is_empty() {
        format!("<p class=\"govuk-body-l\">{}</p>", escape(&sentence(&p.detail)))
    } else {
        format!("<ul class=\"govuk-list govuk-list--bullet\">{reasons}</ul>")
    };
    let title = match p.status {
        401 => "Sign in first",
        403 => "Not allowed",
        404 => "Not here",
        413 => "Too long",
        400..=499 => "This cannot be done as it was asked",
        503 | 507 => "Not just now",
        _ => "Something went wrong",
    };
    format!(
        "<!doctype html><html lang=\"en-GB\" class=\"govuk-template\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} – Bluelamp</title><meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"{govuk}\"><link rel=\"stylesheet\" href=\"{ours}\"></head><body class=\"govuk-template__body bl density-page\"><header class=\"bl-top bl-top--public\"><a class=\"bl-brand\" href=\"/\"><span class=\"bl-brand__name\">Bluelamp</span></a></header><div class=\"bl-page\"><main class=\"bl-main\"><h1 class=\"bl-title\">{title}</h1>{body}<p class=\"govuk-body\"><a class=\"govuk-link\" href=\"/\">Go to your page</a> · <a class=\"govuk-link\" href=\"/help/problems#{code}\">What this means</a></p></main></div></body></html>",
        icon = asset("bluelamp.svg"),
        code = escape(&p.code),
        govuk = asset("govuk-frontend.css"),
        ours = asset("bluelamp.css"),
    )
}

/// As a sentence on a page: it begins large and ends with a full stop.
fn sentence(detail: &str) -> String {
    let mut letters = detail.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if detail.ends_with(['.', '?', '!']) || detail.is_empty() { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The answer to someone who may not read this: every reason, and 403. `None` when they may.
pub async fn refuse_reading(ctx: &crate::act::Ctx, action: &'static str) -> Result<Option<Response>, PageFault> {
    let decision = ctx.may_read(action).await?;
    if decision.rating == bluelamp_domain::decision::Rating::Green {
        return Ok(None);
    }
    Ok(Some(Problem::refused("refused", &decision.reasons).page()))
}

/// One field of a CSV file: quoted, and never a formula to a spreadsheet.
pub fn csv_field(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_whatever_they_hold() {
        assert_eq!(unpercent(b"a+b%20c%C3%A9%"), "a b c\u{e9}%");
        assert_eq!(unpercent(b"%zz%4"), "%zz%4");
        assert_eq!(percent("/a b?c"), "/a%20b%3Fc");
    }

    #[test]
    fn one_never_goes_back_to_another_site() {
        for bad in ["https://example.org", "//example.org", "/\\example.org", "/a\r\nb", ""] {
            assert_eq!(back_to(Some(bad), "/desk"), "/desk", "{bad}");
        }
        assert_eq!(back_to(Some("/accounts?x=1"), "/desk"), "/accounts?x=1");
    }
}
