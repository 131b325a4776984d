//! An installation to be tortured: a live force on one of the two databases, its people, an account on a rehearsal
//! platform that outlives every kill.

use bluelamp::accounts::acts::{authorise::Authorise, connect::Connect, register::Register};
use bluelamp::accounts::connection;
use bluelamp::act::{Ctx, Outcome};
use bluelamp::app::{App, EgressUse};
use bluelamp::config::Config;
use bluelamp::db::Place as Where;
use bluelamp::desk::acts::start_duty::StartDuty;
use bluelamp::people::acts::{invite::Invite, record_training::RecordTraining};
use bluelamp::{setup, wiring};
use bluelamp_domain::accounts::{AccountKind, Monitor};
use bluelamp_domain::ids::{AccountId, ForceId, PersonId};
use bluelamp_domain::people::Kind;
use bluelamp_domain::time::DAY;
use bluelamp_platforms::rehearsal::server;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Which database.
#[derive(Clone)]
pub enum Base {
    Lite,
    Pg { owner: String, app: String },
}

/// The account's name on the platform.
pub const HANDLE: &str = "exampleshire";
const ZONE: &str = "Europe/London";
const SLUG: &str = "exampleshire";

pub struct Place {
    pub name: &'static str,
    pub dir: tempfile::TempDir,
    pub config: PathBuf,
    pub staff: String,
    pub public: String,
    /// The webhook's path and the secret that signs.
    pub hook: (String, Vec<u8>),
    pub platform: server::Handle,
    pub account: AccountId,
    pub force: ForceId,
    pub purpose: String,
    /// Whoever works at the desk, and whoever publishes: token and id.
    pub desk: (String, PersonId),
    pub publisher: (String, PersonId),
    /// How the database is read from outside.
    pub base: Base,
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

pub async fn raise(base: Base, seed: u64) -> Place {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let data = dir.path().join("data");
    let packs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let (staff, public) = (free_port(), free_port());
    let (name, base) = match base {
        Base::Lite => ("sqlite", Base::Lite),
        Base::Pg { owner, app } => ("postgres", fresh_pg(&owner, &app, seed).await),
    };
    let quoted = |p: &std::path::Path| serde_json::to_string(&p.to_string_lossy()).expect("a path is text");
    let mut text = format!("data = {}\npacks = {}\n", quoted(&data), quoted(&packs));
    if let Base::Pg { owner, app } = &base {
        let (o, a) = (dir.path().join("owner"), dir.path().join("app"));
        std::fs::write(&o, owner).expect("written");
        std::fs::write(&a, app).expect("written");
        text += &format!("[database]\npostgres_file = {}\npostgres_owner_file = {}\n", quoted(&a), quoted(&o));
    }
    for (table, port) in [("staff", staff), ("public", public)] {
        text += &format!("[{table}]\nlisten = \"127.0.0.1:{port}\"\norigin = \"http://localhost:{port}\"\n");
    }
    text += "[egress]\nprivate = true\n";
    let config = dir.path().join("bluelamp.toml");
    std::fs::write(&config, &text).expect("written");

    let platform = server::start(server::Config {
        file: dir.path().join("rehearsal.log"),
        seed,
        port: 0,
        clock: wiring::machine_micros,
        presences: vec![server::Presence {
            handle: HANDLE.into(),
            name: "Exampleshire Police".into(),
            key: "torture-key".into(),
            webhook: None,
        }],
        pace: None,
        control: None,
    })
    .await
    .expect("the rehearsal platform starts");
    // Whoever sends twice has posted twice: the platform does not cover up for us.
    platform.fault(server::Fault::Forgetful, u32::MAX);

    let place = match &base {
        Base::Lite => Where::Lite(data.join("bluelamp.sqlite3")),
        Base::Pg { owner, app } => Where::Pg { app: app.clone(), owner: owner.clone() },
    };
    let parsed = Config::read(&config).expect("the configuration is right");
    let app = wiring::build(parsed, place, Arc::new(wiring::MachineClock), Arc::new(wiring::MachineEntropy), true).await.expect("it opens");
    let force = setup::force(&app, SLUG, "Exampleshire Police", ZONE, "leicestershire").await.expect("a force");
    let people = people(&app, force).await;
    let account = account(&app, force, &people, &platform.base_url).await;
    let desk = ctx(&app, force, people["bryn"]).await;
    done(desk.act(StartDuty {}).await);
    let publisher = ctx(&app, force, people["carys"]).await;
    let operator = bluelamp::jobs::system(&app, force, ZONE, bluelamp_domain::act::Actor::Operator);
    let (path, secret) = connection::hook_of(&operator, account).await.expect("it reads").expect("the account has a hook");
    let hook = (path, secret.expose().to_vec());
    let url = format!("http://localhost:{public}{}", hook.0).parse().expect("an address");
    let signs = String::from_utf8(hook.1.clone()).expect("the secret is text");
    platform.set_webhook(HANDLE, Some(server::Webhook { url, secret: signs }));
    let desk_acts = ["desk.claim", "desk.note", "desk.assess", "desk.reply", "desk.close", "desk.acknowledge_alert"];
    let desk = (token(&desk, &desk_acts).await, people["bryn"]);
    let publishes = ["publishing.create_draft", "publishing.publish", "publishing.take_down"];
    let purpose = publisher.pack().await.expect("a pack").words().purposes.first().map(|p| p.code.clone()).unwrap_or_default();
    let publisher = (token(&publisher, &publishes).await, people["carys"]);
    app.db.close().await;
    Place {
        name,
        config,
        staff: format!("http://localhost:{staff}"),
        public: format!("http://localhost:{public}"),
        hook,
        platform,
        account,
        force,
        purpose,
        desk,
        publisher,
        base,
        dir,
    }
}

/// A PostgreSQL database of one's own.
async fn fresh_pg(owner: &str, app: &str, seed: u64) -> Base {
    use sqlx::Connection;
    let name = format!("torture_{}_{seed}", std::process::id());
    let mut c = sqlx::PgConnection::connect(owner).await.expect("the test PostgreSQL is there");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut c).await.expect("the owner may make databases");
    let at = |url: &str| {
        let mut url: url::Url = url.parse().expect("an address");
        url.set_path(&name);
        url.to_string()
    };
    Base::Pg { owner: at(owner), app: at(app) }
}

async fn people(app: &App, force: ForceId) -> BTreeMap<&'static str, PersonId> {
    let all: [(&str, &[&str], i64); 5] = [
        ("bryn", &["desk-supervisor", "desk"], 2),
        ("carys", &["publisher"], 1),
        ("dev", &["corporate-communications"], 5),
        ("esme", &["digital-media-team", "publisher"], 2),
        ("lowri", &["auditor", "records"], 2),
    ];
    let mut made = BTreeMap::new();
    for (short, roles, level) in all {
        let invite = Invite {
            name: format!("Person {short}"),
            email: format!("{short}@exampleshire.example"),
            kind: Kind::Staff,
            level,
            job_title: String::new(),
            areas: vec![],
            roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        };
        made.insert(short, setup::person(app, force, ZONE, invite).await.expect("people can be set up"));
    }
    for (short, person) in &made {
        let trainer = ctx(app, force, made[if *short == "esme" { "dev" } else { "esme" }]).await;
        let on = app.clock.now().plus(-30 * DAY).date_in(&trainer.zone);
        done(trainer.act(RecordTraining { person: *person, completed_on: on, course: String::new() }).await);
    }
    made
}

pub async fn ctx(app: &App, force: ForceId, person: PersonId) -> Ctx {
    bluelamp::http::session::context(app, force, person, ZONE, None, None).await.expect("it reads").expect("an active person")
}

fn done(outcome: Result<Outcome, bluelamp::act::Fault>) -> bluelamp::act::Done {
    match outcome {
        Ok(Outcome::Done(d)) => d,
        other => panic!("should have been done, was {other:#?}"),
    }
}

async fn account(app: &App, force: ForceId, people: &BTreeMap<&'static str, PersonId>, base: &str) -> AccountId {
    let dev = ctx(app, force, people["dev"]).await;
    let register = Register {
        platform: "rehearsal".into(),
        handle: HANDLE.into(),
        title: "Exampleshire Police".into(),
        kind: AccountKind::Main,
        area: String::new(),
        owner: Some(people["dev"]),
        purpose: "News, appeals and answers".into(),
        url: format!("{base}/{HANDLE}"),
        monitored_by: vec![Monitor::Contact, Monitor::Corporate],
        hours: "Every day".into(),
        public_listed: true,
        in_use: true,
        investigative: false,
        role_allows_individual: false,
    };
    let id = AccountId(done(dev.act(register).await).id.expect("an account has an id"));
    let connector = app.connector("rehearsal").expect("there is one").clone();
    let net = (app.egress)(&EgressUse { account: id.to_string(), app: "rehearsal".into(), hosts: None });
    let given = BTreeMap::from([("base".to_owned(), base.to_owned()), ("key".to_owned(), "torture-key".to_owned())]);
    let bluelamp_platforms::Outcome::Done(connected) = connector.connect(&*net, &given, app.clock.now().0).await else {
        panic!("the account should connect");
    };
    use base64::Engine;
    let sealed = connection::seal(app, force, id, &connected).expect("the vault is open");
    done(dev.act(Connect { account: id, sealed: base64::engine::general_purpose::STANDARD.encode(sealed) }).await);
    done(dev.act(Authorise { person: people["carys"], account: id }).await);
    id
}

async fn token(of: &Ctx, acts: &[&str]) -> String {
    let acts = acts.iter().map(|a| (*a).to_owned()).collect();
    match bluelamp::security::pages::tokens::issue(of, "torture", acts, None, 2).await.expect("it can be tried") {
        Ok(token) => token,
        Err(no) => panic!("the token was not given: {no:#?}"),
    }
}
