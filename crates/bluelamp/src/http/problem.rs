//! One converter from what went wrong to what a program (RFC 9457) or a person sees. Three kinds, kept apart: refused,
//! try later, broken. Internal text never leaves.

use crate::act::{Fault, Outcome};
use crate::db::DbError;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use bluelamp_domain::decision::Reason;
use serde::Serialize;

/// `application/problem+json`, with our own `code` and `reasons`.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Our help page on this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub code: String,
    /// Every reason of a refusal, each with its clause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

impl Problem {
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Problem {
        let title = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Problem").to_owned();
        Problem { kind: format!("/help/problems#{code}"), title, status, detail: detail.into(), code: code.to_owned(), reasons: Vec::new() }
    }

    /// A refusal's code decides its status: not there 404, malformed 400, otherwise 403 (policy) or 422 (a rule).
    pub fn refused(code: &str, reasons: &[Reason]) -> Problem {
        let status = match code {
            "not-found" => 404,
            "malformed" => 400,
            "refused" | "token-scope" => 403,
            _ => 422,
        };
        let detail = reasons.iter().map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ");
        Problem { reasons: reasons.to_vec(), ..Problem::new(status, code, detail) }
    }

    pub fn fault(fault: &Fault) -> Problem {
        match fault {
            Fault::Db(DbError::Gone(_)) => {
                Problem::new(503, "database-gone", "the database cannot be reached just now; nothing was changed; try again in a moment")
            }
            Fault::Db(DbError::Full) => Problem::new(507, "disk-full", "the disk is full: nothing was changed; tell your administrator"),
            Fault::Contended | Fault::Db(DbError::Again) => {
                Problem::new(503, "contended", "others changed this at the same time; try again")
            }
            Fault::KeyReused { key } => {
                Problem::new(422, "key-reused", format!("the idempotency key `{key}` was used for another request; make a new one"))
            }
            Fault::NoPack => Problem::new(503, "no-pack", "this force has no policy pack yet; an administrator must adopt one"),
            Fault::Db(_) | Fault::Broken(_) => Problem::new(
                500,
                "broken",
                "something went wrong on our side; nothing was changed; tell your administrator when it happened",
            ),
        }
    }

    /// The same facts as a plain page, for requests without a page of their own.
    pub fn page(&self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Html(super::error_page(self))).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut answer = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        answer
    }
}

/// A fault, logged once with its whole cause, as a page.
pub fn fault_page(fault: &Fault) -> Response {
    log(fault);
    Problem::fault(fault).page()
}

pub fn log(fault: &Fault) {
    match fault {
        Fault::Db(DbError::Gone(_) | DbError::Again) | Fault::Contended | Fault::KeyReused { .. } => {
            tracing::warn!(error = %fault, "try later")
        }
        _ => tracing::error!(error = %fault, "broken"),
    }
}

/// What a page handler returns when something could not be tried.
#[derive(Debug)]
pub struct PageFault(pub Fault);

impl From<Fault> for PageFault {
    fn from(f: Fault) -> Self {
        PageFault(f)
    }
}
impl From<DbError> for PageFault {
    fn from(e: DbError) -> Self {
        PageFault(e.into())
    }
}
impl IntoResponse for PageFault {
    fn into_response(self) -> Response {
        fault_page(&self.0)
    }
}

pub type PageResult = Result<Response, PageFault>;

/// An outcome for a program.
pub fn outcome_json(outcome: &Outcome) -> Response {
    match outcome {
        Outcome::Done(_) => (StatusCode::OK, axum::Json(outcome)).into_response(),
        Outcome::Held { .. } => (StatusCode::ACCEPTED, axum::Json(outcome)).into_response(),
        Outcome::Refused { code, reasons } => Problem::refused(code, reasons).into_response(),
    }
}
