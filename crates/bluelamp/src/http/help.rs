//! `/help`: what the API offers, and what each problem means. Made from the same lists as the API's document.

use super::PageResult;
use super::assets::Assets;
use super::openapi;
use crate::app::App;
use axum::extract::State;

/// A line of help: a code, and what it means or does.
pub struct Line {
    pub code: &'static str,
    pub says: &'static str,
}

#[derive(askama::Template)]
#[template(path = "http/templates/help.html")]
struct HelpPage {
    force: &'static str,
    assets: Assets,
}

#[derive(askama::Template)]
#[template(path = "http/templates/accessibility.html")]
struct AccessibilityPage {
    force: &'static str,
    assets: Assets,
}

#[derive(askama::Template)]
#[template(path = "http/templates/help_api.html")]
struct ApiPage {
    force: &'static str,
    assets: Assets,
    acts: Vec<Line>,
    reads: Vec<Line>,
}

#[derive(askama::Template)]
#[template(path = "http/templates/help_problems.html")]
struct ProblemsPage {
    force: &'static str,
    assets: Assets,
    problems: Vec<Line>,
}

/// What a person or a program can do about each kind of problem.
const PROBLEMS: &[(&str, &str)] = &[
    ("refused", "The force's policy does not allow this. Every reason is listed with its clause and what to do; some name who may agree."),
    ("held", "The act waits for someone's agreement. They have been shown it; it is done when they release it."),
    ("not-found", "There is no such thing, or it is not yours to see. The two are answered alike, so that ids cannot be guessed."),
    ("malformed", "The request does not fit the API's document. The detail says where."),
    ("unauthenticated", "Send a token: `Authorization: Bearer …`. People make tokens on their own page."),
    ("token-scope", "The token may not do this. Make one that may, on your own page."),
    ("too-long", "The form or request is longer than Bluelamp takes. Shorten it and send it again."),
    ("not-json", "Send `content-type: application/json`."),
    ("too-many-requests", "Wait as long as Retry-After says, and go on more slowly."),
    ("key-reused", "An idempotency key stands for one request. Make a new key for a new request."),
    ("forged-form", "The form was not made in your session, or the session has ended. Open the page again and send it from there."),
    ("other-site", "The form comes from another site. Open the page here."),
    ("prove-again", "A drastic act needs your second factor again. Use your passkey or code; it is good for five minutes."),
    ("last-credential", "This is your last way to sign in with two factors. Add another before you remove it."),
    ("link-over", "A one-time link works once, for a day, until a newer one is made. Ask an administrator for a new one."),
    ("contended", "Others changed the same thing at the same time. Try again."),
    ("database-gone", "The database cannot be reached just now. Nothing was changed; try again in a moment."),
    ("disk-full", "The disk is full. Nothing was changed; tell your administrator."),
    ("no-pack", "The force has no policy pack yet. An administrator must adopt one."),
    ("wrong-host", "The server does not answer to that name. Use the address that your administrator gave you."),
    ("broken", "Something went wrong on our side. Nothing was changed; tell your administrator when it happened."),
];

fn lines(pairs: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<Line> {
    pairs.map(|(code, says)| Line { code, says }).collect()
}

/// `GET /help`.
pub async fn get_help(State(app): State<App>) -> PageResult {
    super::page(&HelpPage { force: "Bluelamp", assets: app.assets.clone() })
}

/// `GET /accessibility`: what every page is held to.
pub async fn get_accessibility(State(app): State<App>) -> PageResult {
    super::page(&AccessibilityPage { force: "Bluelamp", assets: app.assets.clone() })
}

/// `GET /help/api`.
pub async fn get_api(State(app): State<App>) -> PageResult {
    let acts = lines(openapi::for_programs().map(|a| (a.name, a.says)));
    super::page(&ApiPage { force: "Bluelamp", assets: app.assets.clone(), acts, reads: lines(openapi::READS.iter().copied()) })
}

/// `GET /help/problems`.
pub async fn get_problems(State(app): State<App>) -> PageResult {
    super::page(&ProblemsPage { force: "Bluelamp", assets: app.assets.clone(), problems: lines(PROBLEMS.iter().copied()) })
}
