//! What the composer sends: an ordinary form, or with pictures a multipart one, with the same fields and the same care
//! (session, origin, CSRF token, size).

use crate::act::Ctx;
use crate::app::App;
use crate::http::form::{Fields, check_token, same_origin};
use crate::http::problem::Problem;
use crate::publishing::input::{DraftInput, PictureInput};
use crate::publishing::media::LARGEST;
use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bluelamp_domain::act::Refusal;
use bluelamp_domain::publishing::{Kind, when};
use bluelamp_domain::time::Instant;
use serde::{Deserialize, Serialize};

/// A form of the composer. `Composed(ctx, fields, files)`.
pub struct Composed(pub Ctx, pub Fields, pub Vec<(String, Vec<u8>)>);

const FORM: usize = 512 * 1024;
/// Four pictures of the largest size and the words.
const WITH_FILES: usize = 4 * LARGEST + FORM;

impl FromRequest<App> for Composed {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let ctx = Ctx::from_request_parts(&mut parts, app).await.map_err(IntoResponse::into_response)?;
        same_origin(&parts.headers, app)?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default();
        let header_token = parts.headers.get("x-csrf-token").and_then(|h| h.to_str().ok()).map(str::to_owned);
        let too_long =
            || Problem::new(413, "too-long", "this form is longer than Bluelamp takes; shorten it, or add fewer pictures at once").page();
        let (fields, files) = if kind.starts_with("multipart/form-data") {
            let bytes = axum::body::to_bytes(body, WITH_FILES).await.map_err(|_| too_long())?;
            let request = Request::from_parts(parts, axum::body::Body::from(bytes));
            read_parts(request, app).await?
        } else {
            let bytes = axum::body::to_bytes(body, FORM).await.map_err(|_| too_long())?;
            (Fields::parse(&bytes), Vec::new())
        };
        let given = header_token.as_deref().or_else(|| fields.get("csrf")).unwrap_or_default();
        check_token(&ctx, given).map_err(|p| p.page())?;
        Ok(Composed(ctx, fields, files))
    }
}

async fn read_parts(mut request: Request, app: &App) -> Result<(Fields, Vec<(String, Vec<u8>)>), Response> {
    let malformed = |_| Problem::new(400, "malformed", "this form cannot be read; open the page again and send it from there").page();
    // The size was bounded above.
    axum::extract::DefaultBodyLimit::disable().apply(&mut request);
    let mut multipart = Multipart::from_request(request, app).await.map_err(|e| e.into_response())?;
    let (mut pairs, mut files) = (Vec::new(), Vec::new());
    while let Some(part) = multipart.next_field().await.map_err(malformed)? {
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(malformed)?;
        match file {
            Some(file) if !bytes.is_empty() => files.push((file, bytes.to_vec())),
            Some(_) => {}
            None => pairs.push((name, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok((Fields::of(pairs), files))
}

/// What someone has typed: the draft, and when it is to go. Kept as scratch until it is saved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Typed {
    pub content: DraftInput,
    pub later: bool,
    pub date: String,
    pub clock: String,
}

impl Typed {
    pub fn of(fields: &Fields) -> Typed {
        let texts = fields.beginning("text-").filter(|(_, t)| !t.trim().is_empty()).map(|(p, t)| (p.to_owned(), t.to_owned())).collect();
        // Names of the fields are `alt-NN-OBJECT`, so that they sort in the order of the pictures.
        let removed = fields.get("remove-media").unwrap_or_default();
        let pictures = fields
            .beginning("alt-")
            .filter(|(id, _)| *id != removed)
            .filter_map(|(id, alt)| {
                let (nth, object) = id.split_once('-')?;
                let name = fields.text(&format!("name-{id}"));
                let name = if name.is_empty() { format!("picture {}", nth.parse::<usize>().unwrap_or(0) + 1) } else { name };
                Some(PictureInput { object: object.to_owned(), name, alt: alt.to_owned() })
            })
            .collect();
        let content = DraftInput {
            kind: Kind::parse(&fields.text("kind")).unwrap_or_default(),
            purpose: fields.text("purpose"),
            audience: fields.text("audience"),
            text: fields.text("text"),
            texts,
            language: fields.text("language"),
            pictures,
            accounts: fields.ids("account"),
            case: fields.id("case"),
        };
        Typed { content, later: fields.get("when") == Some("at"), date: fields.text("date"), clock: fields.text("clock") }
    }

    /// The time it is to go at, where one was chosen.
    pub fn at(&self, zone: &jiff::tz::TimeZone) -> Result<Option<Instant>, Refusal> {
        if !self.later {
            return Ok(None);
        }
        when::at(&self.date, &self.clock, zone).map(|w| Some(w.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_order_and_one_can_be_removed() {
        let fields = Fields::of(
            [
                ("alt-01-bb", "second"),
                ("alt-00-aa", "first"),
                ("name-00-aa", "a.png"),
                ("remove-media", "01-bb"),
                ("text-x", " "),
                ("text-y", "z"),
            ]
            .map(|(a, b)| (a.to_owned(), b.to_owned())),
        );
        let t = Typed::of(&fields);
        let names: Vec<_> = t.content.pictures.iter().map(|p| (p.object.as_str(), p.name.as_str(), p.alt.as_str())).collect();
        assert_eq!(names, [("aa", "a.png", "first")]);
        assert_eq!(t.content.texts.len(), 1);
        assert_eq!(t.at(&jiff::tz::TimeZone::UTC), Ok(None));
    }
}
