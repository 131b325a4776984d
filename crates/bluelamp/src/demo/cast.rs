//! The demonstration's people, and the rehearsal public they meet.

use super::DemoClock;
use crate::app::App;
use crate::cli::Failure;
use crate::cli::serve::Demo;
use crate::people::acts::invite::Invite;
use crate::people::acts::record_training::RecordTraining;
use crate::setup;
use bluelamp_domain::ids::{ForceId, PersonId};
use bluelamp_domain::people::Kind;
use bluelamp_domain::time::DAY;
use std::sync::Arc;

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

/// Sets the demonstration up where it is new, and starts its public.
pub async fn raise(app: &App, clock: &Arc<DemoClock>, _demo: &Demo, first: bool) -> Result<(), Failure> {
    if first {
        let now = crate::app::Clock::now(&**clock);
        clock.set(now.plus(-DAY));
        let force = setup::force(app, "exampleshire", "Exampleshire Police", ZONE, "leicestershire").await?;
        people(app, force).await?;
        clock.release();
    }
    Ok(())
}

async fn people(app: &App, force: ForceId) -> Result<(), Failure> {
    let mut made: Vec<(PersonId, &str)> = Vec::new();
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
    Ok(())
}
