//! A throw-away installation: a demonstration by its own mark, so that `serve` would refuse it, with one force that says
//! it is a benchmark.

use crate::Failure;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use bluelamp::act::{Ctx, Outcome};
use bluelamp::app::App;
use bluelamp::db::Place;
use bluelamp::people::acts::invite::Invite;
use bluelamp::wiring::{MachineClock, MachineEntropy};
use bluelamp_domain::act::{Actor, Principal};
use bluelamp_domain::ids::{AccountId, ForceId, PersonId};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower::ServiceExt as _;

pub const ZONE: &str = "Europe/London";

pub struct Installation {
    pub app: App,
    pub force: ForceId,
    pub desk: PersonId,
    pub trainer: PersonId,
    pub account: AccountId,
}

pub fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packs")
}

/// A pack as it stands in this checkout.
pub fn pack(name: &str) -> Result<bluelamp_policy::Pack, Failure> {
    let files = bluelamp_policy::files_of(&bluelamp::setup::read_packs(&packs())?, name);
    bluelamp_policy::load(&files, name).map_err(|f| f.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").into())
}

/// Starts the program's parts on the data in `folder`.
pub async fn open(folder: &Path) -> Result<App, Failure> {
    let config = bluelamp::config::Config::parse(&format!(
        "data = \"{}\"\npacks = \"{}\"\n[staff]\nlisten = \"127.0.0.1:0\"\norigin = \"http://localhost\"\n[public]\nlisten = \"127.0.0.1:0\"\norigin = \"http://public.localhost\"\n[egress]\nprivate = true\n",
        folder.display(),
        packs().display()
    ))?;
    let place = Place::Lite(folder.join("bluelamp.sqlite3"));
    Ok(bluelamp::wiring::build(config, place, Arc::new(MachineClock), Arc::new(MachineEntropy), false).await?)
}

/// A force with two people and one account.
pub async fn make(folder: &Path) -> Result<Installation, Failure> {
    let app = open(folder).await?;
    let force = bluelamp::setup::force(&app, "benchmark", "Benchmark, not a force", ZONE, "leicestershire").await?;
    let mut people = Vec::new();
    for role in ["corporate-communications", "desk", "digital-media-team"] {
        let invite = Invite {
            name: format!("Person {role}"),
            email: format!("{role}@benchmark.example"),
            kind: bluelamp_domain::people::Kind::Staff,
            level: 1,
            job_title: String::new(),
            areas: vec![],
            roles: vec![role.into()],
        };
        people.push(bluelamp::setup::person(&app, force, ZONE, invite).await?);
    }
    let (communications, desk, trainer) = (people[0], people[1], people[2]);
    for (by, whom) in [(trainer, communications), (trainer, desk), (communications, trainer)] {
        train(&app, force, by, whom, app.clock.now().date_in(&jiff::tz::TimeZone::UTC)).await?;
    }
    let register = serde_json::json!({
        "platform": "rehearsal", "handle": "main", "title": "Main page", "kind": "main", "purpose": "a benchmark",
        "monitored_by": ["contact"], "hours": "always", "in_use": true,
    });
    let made = done(person(&app, force, communications).act_named("accounts.register", register, None).await?)?;
    let account = AccountId(made.ok_or("registering answers with an id")?);
    connect(&person(&app, force, communications), account, folder).await?;
    Ok(Installation { app, force, desk, trainer, account })
}

/// Connects the account to a rehearsal server of its own, which is asked nothing afterwards.
async fn connect(ctx: &Ctx, account: AccountId, folder: &Path) -> Result<(), Failure> {
    use bluelamp_platforms::rehearsal::server::{Config, Presence, start};
    let presence = Presence { handle: "main".into(), name: "Main page".into(), key: "key-of-main".into(), webhook: None };
    let config = Config {
        file: folder.join("rehearsal"),
        seed: 1,
        port: 0,
        clock: bluelamp::wiring::machine_micros,
        presences: vec![presence],
        pace: None,
        control: None,
    };
    let server = start(config).await?;
    let given = [("base".to_owned(), server.base_url.clone()), ("key".to_owned(), "key-of-main".to_owned())].into();
    match bluelamp::accounts::exchange::connect(ctx, account, &given).await.map_err(|e| format!("{e:?}"))? {
        bluelamp::accounts::exchange::Exchanged::Acted(outcome) => done(outcome).map(|_| ()),
        other => Err(format!("the account could not be connected: {other:?}").into()),
    }
}

pub async fn train(app: &App, force: ForceId, by: PersonId, whom: PersonId, on: jiff::civil::Date) -> Result<(), Failure> {
    let input = serde_json::json!({ "person": whom, "completed_on": on, "course": "" });
    done(person(app, force, by).act_named("people.record_training", input, None).await?).map(|_| ())
}

pub fn person(app: &App, force: ForceId, who: PersonId) -> Ctx {
    Ctx { principal: Principal::Person(who), ..bluelamp::jobs::system(app, force, ZONE, Actor::Operator) }
}

/// The id of what was done; everything else is said in its own words.
pub fn done(outcome: Outcome) -> Result<Option<uuid::Uuid>, Failure> {
    match outcome {
        Outcome::Done(done) => Ok(done.id),
        Outcome::Held { reasons, .. } | Outcome::Refused { reasons, .. } => {
            Err(reasons.iter().map(|r| format!("{} ({})", r.says, r.rule)).collect::<Vec<_>>().join(" ").into())
        }
    }
}

impl Installation {
    /// The staff pages, and the cookie of someone at the desk.
    pub async fn pages(&self) -> Result<(Router, String), Failure> {
        let router = bluelamp::http::router::router(self.app.clone(), bluelamp::http::router::staff());
        let form = Request::post("/demo/as")
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, "http://localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("person={}", self.desk)))?;
        let answer = router.clone().oneshot(form).await?;
        let cookie = answer.headers().get(header::SET_COOKIE).and_then(|c| c.to_str().ok()).and_then(|c| c.split(';').next());
        let cookie = cookie.ok_or_else(|| format!("no session was given ({})", answer.status()))?.to_owned();
        Ok((router, cookie))
    }
}
