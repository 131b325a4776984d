//! The demonstration's people, and the rehearsal public they meet.

use super::{DemoClock, history};
use crate::accounts::acts::{authorise::Authorise, connect::Connect, record_protection::RecordProtection, register::Register};
use crate::accounts::connection;
use crate::act::Ctx;
use crate::app::{App, Clock, EgressUse};
use crate::cli::Failure;
use crate::cli::serve::Demo;
use crate::db::doors;
use crate::people::acts::invite::Invite;
use crate::people::acts::record_training::RecordTraining;
use crate::setup;
use base64::Engine;
use bluelamp_domain::accounts::{AccountKind, Monitor};
use bluelamp_domain::act::Actor;
use bluelamp_domain::ids::{AccountId, ForceId, PersonId};
use bluelamp_domain::people::Kind;
use bluelamp_domain::time::DAY;
use bluelamp_platforms::Outcome;
use bluelamp_platforms::rehearsal::server;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const ZONE: &str = "Europe/London";

/// Name, short name for the address, job, kind, level, roles, areas. Invented, all of them.
const PEOPLE: &[(&str, &str, &str, Kind, i64, &[&str], &[&str])] = &[
    ("Ayesha Demo", "ayesha", "Desk operator, nights", Kind::Staff, 0, &["desk"], &[]),
    ("Bryn Demo", "bryn", "Desk supervisor", Kind::Staff, 2, &["desk-supervisor", "desk"], &[]),
    ("Carys Demo", "carys", "Communications officer", Kind::Staff, 1, &["publisher"], &[]),
    ("Dev Demo", "dev", "Head of corporate communications", Kind::Staff, 5, &["corporate-communications"], &[]),
    ("Esme Demo", "esme", "Digital media team", Kind::Staff, 2, &["digital-media-team", "publisher"], &[]),
    ("Femi Demo", "femi", "Neighbourhood constable, Northfield", Kind::Officer, 1, &["local"], &["Northfield"]),
    ("Gwen Demo", "gwen", "Force incident manager", Kind::Officer, 3, &["command"], &[]),
    ("Hal Demo", "hal", "Administrator", Kind::Staff, 2, &["administrator"], &[]),
    ("Iona Demo", "iona", "Information security", Kind::Staff, 2, &["information-security"], &[]),
    ("Jas Demo", "jas", "Professional standards", Kind::Officer, 3, &["professional-standards"], &[]),
    ("Kit Demo", "kit", "Records manager", Kind::Staff, 1, &["records"], &[]),
    ("Lowri Demo", "lowri", "Auditor", Kind::Staff, 2, &["auditor"], &[]),
];

/// Handle, title, kind, area. Who monitors follows from the kind.
const ACCOUNTS: &[(&str, &str, AccountKind, &str)] = &[
    ("exampleshire", "Exampleshire Police", AccountKind::Main, ""),
    ("exampleshire-roads", "Exampleshire Roads Policing", AccountKind::Team, ""),
    ("northfield-npt", "Northfield Neighbourhood Team", AccountKind::Local, "Northfield"),
    ("ostlebury-npt", "Ostlebury Neighbourhood Team", AccountKind::Local, "Ostlebury"),
];

/// The rehearsal public, running. Dropping it stops it.
pub struct Public {
    _server: server::Handle,
}

/// Sets the demonstration up where it is new, and starts its public.
pub async fn raise(app: &App, clock: &Arc<DemoClock>, demo: &Demo, first: bool) -> Result<Public, Failure> {
    let key = |handle: &str| format!("demo-key-{handle}");
    let presences = ACCOUNTS
        .iter()
        .map(|(handle, title, ..)| server::Presence { handle: (*handle).into(), name: (*title).into(), key: key(handle), webhook: None })
        .collect();
    let public = server::start(server::Config {
        file: demo.dir.join("rehearsal.log"),
        seed: demo.seed,
        // A later start must find the server where the connections say it is.
        port: demo.port + 2,
        clock: crate::wiring::machine_micros,
        presences,
        pace: None,
        control: None,
    })
    .await
    .map_err(|e| format!("the rehearsal public could not start: {e}"))?;
    if first {
        let now = clock.now();
        clock.set(now.plus(-DAY - history::BEFORE));
        let force = setup::force(app, "exampleshire", "Exampleshire Police", ZONE, "leicestershire").await?;
        let people = people(app, force).await?;
        let accounts = accounts(app, force, &people, &public.base_url, &key).await?;
        history::make(app, clock, force, &people, &accounts, &public).await?;
        clock.release();
    }
    let Some(force) = doors::forces(&app.db).await?.into_iter().next() else { return Err("the demonstration has no force".into()) };
    let ctx = crate::jobs::system(app, force.id, ZONE, Actor::Operator);
    let mut tx = ctx.read().await?;
    for account in crate::accounts::store::accounts(&mut tx, force.id, true, crate::db::Val::Ids(Vec::new())).await? {
        if let Some((path, secret)) = connection::hook_of(&ctx, account.id).await? {
            let url = format!("http://localhost:{}{path}", demo.port + 1).parse()?;
            let secret = String::from_utf8(secret.expose().to_vec())?;
            public.set_webhook(&account.handle, Some(server::Webhook { url, secret }));
        }
    }
    public.set_pace(Some(Duration::from_secs(demo.every.max(1))));
    Ok(Public { _server: public })
}

/// Registers and connects the accounts, and authorises those who work on them.
async fn accounts(
    app: &App,
    force: ForceId,
    people: &People,
    base: &str,
    key: &dyn Fn(&str) -> String,
) -> Result<Vec<(AccountId, String)>, Failure> {
    let (dev, esme) = (people.ctx(app, force, "dev").await?, people.ctx(app, force, "esme").await?);
    let mut made = Vec::new();
    for (handle, title, kind, area) in ACCOUNTS {
        let local = *kind == AccountKind::Local;
        let register = Register {
            platform: "rehearsal".into(),
            handle: (*handle).into(),
            title: (*title).into(),
            kind: *kind,
            area: (*area).into(),
            owner: people.id(if local { "femi" } else { "dev" }),
            purpose: if local { "Neighbourhood news and answers".into() } else { "News, appeals and answers for the whole force".into() },
            url: format!("{base}/{handle}"),
            monitored_by: if local { vec![Monitor::Contact, Monitor::Local] } else { vec![Monitor::Contact, Monitor::Corporate] },
            hours: "Every day, all day".into(),
            public_listed: true,
            in_use: true,
            investigative: false,
            role_allows_individual: false,
        };
        let id = AccountId(setup::expect_done(dev.act(register).await?)?.id.ok_or("an account without an id")?);
        let connector = app.connector("rehearsal").ok_or("the rehearsal connector is missing")?;
        let net = (app.egress)(&EgressUse { account: id.to_string(), app: "rehearsal".into(), hosts: None });
        let given = BTreeMap::from([("base".to_owned(), base.to_owned()), ("key".to_owned(), key(handle))]);
        let connected = match connector.connect(&*net, &given, app.clock.now().0).await {
            Outcome::Done(c) => c,
            other => return Err(format!("the rehearsal account `{handle}` could not be connected: {other:?}").into()),
        };
        let sealed = base64::engine::general_purpose::STANDARD.encode(connection::seal(app, force, id, &connected)?);
        setup::expect_done(dev.act(Connect { account: id, sealed }).await?)?;
        // The newest account has not been looked at yet: the register and the compliance page say so.
        if !local {
            let found = RecordProtection { two_factor: true, login_alerts: true, ..RecordProtection::of(id) };
            setup::expect_done(dev.act(found).await?)?;
        }
        let mut who = vec!["carys", "esme"];
        if local {
            who.push("femi");
        }
        for short in who {
            let by = if short == "esme" { &dev } else { &esme };
            if let Some(person) = people.id(short) {
                setup::expect_done(by.act(Authorise { person, account: id }).await?)?;
            }
        }
        made.push((id, (*handle).to_owned()));
    }
    Ok(made)
}

/// The demonstration's people by their short names.
pub struct People(Vec<(PersonId, &'static str)>);

impl People {
    pub fn id(&self, short: &str) -> Option<PersonId> {
        self.0.iter().find(|(_, s)| *s == short).map(|(id, _)| *id)
    }

    /// Someone, signed in.
    pub async fn ctx(&self, app: &App, force: ForceId, short: &str) -> Result<Ctx, Failure> {
        let id = self.id(short).ok_or_else(|| format!("nobody here is called `{short}`"))?;
        Ok(crate::http::session::context(app, force, id, ZONE, None, None).await?.ok_or_else(|| format!("`{short}` is not active"))?)
    }
}

async fn people(app: &App, force: ForceId) -> Result<People, Failure> {
    let mut made: Vec<(PersonId, &'static str)> = Vec::new();
    for (name, short, job, kind, level, roles, areas) in PEOPLE {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
        let invite = Invite {
            name: (*name).into(),
            email: format!("{short}@exampleshire.example"),
            kind: *kind,
            level: *level,
            job_title: (*job).into(),
            areas: words(areas),
            roles: words(roles),
        };
        made.push((setup::person(app, force, ZONE, invite).await?, short));
    }
    let by = |who: &str| made.iter().find(|(_, s)| *s == who).map(|(id, _)| *id);
    for (person, short) in &made {
        // Nobody records their own training.
        let Some(trainer) = by(if *short == "esme" { "dev" } else { "esme" }) else { continue };
        let ctx = crate::http::session::context(app, force, trainer, ZONE, None, None).await?.ok_or("the trainer is not active")?;
        let on = app.clock.now().plus(-90 * DAY).date_in(&ctx.zone);
        setup::expect_done(
            ctx.act(RecordTraining { person: *person, completed_on: on, course: "Social media: the law and our policy".into() }).await?,
        )?;
    }
    Ok(People(made))
}
