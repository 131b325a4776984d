//! Setting a force up: its pack stored, the force begun, the first administrator invited. The operator's work.

use crate::act::{Ctx, Done, Fault, Outcome};
use crate::app::App;
use crate::db::doors;
use crate::people::acts::{accept_invite::AcceptInvite, invite::Invite, set_up_force::SetUpForce};
use bluelamp_domain::act::{Actor, Principal};
use bluelamp_domain::ids::{ForceId, PersonId};
use bluelamp_domain::people::Kind;
use std::collections::BTreeMap;
use std::path::Path;

/// Reads a pack and those it extends from the folder of packs, checks it, and stores it. Answers its hash.
pub async fn store_pack(app: &App, name: &str) -> Result<String, Fault> {
    let files = read_packs(&app.config.packs).map_err(Fault::Broken)?;
    let files = bluelamp_policy::files_of(&files, name);
    let pack = bluelamp_policy::load(&files, name)
        .map_err(|faults| Fault::Broken(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    crate::wiring::compile_triage(&pack).map_err(Fault::Broken)?;
    doors::store_pack(&app.db, pack.hash(), name, &files).await?;
    Ok(pack.hash().to_owned())
}

/// Every file under the folder of packs, by its path there.
pub fn read_packs(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    fn walk(root: &Path, at: &Path, out: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(at)? {
            let path = entry?.path();
            if path.is_dir() {
                walk(root, &path, out)?;
            } else if let Ok(name) = path.strip_prefix(root) {
                out.insert(name.to_string_lossy().replace('\\', "/"), std::fs::read(&path)?);
            }
        }
        Ok(())
    }
    let mut out = BTreeMap::new();
    walk(folder, folder, &mut out).map_err(|e| format!("cannot read the packs in `{}`: {e}", folder.display()))?;
    Ok(out)
}

/// Begins a force with a pack of the folder.
pub async fn force(app: &App, slug: &str, title: &str, zone: &str, pack: &str) -> Result<ForceId, Fault> {
    let hash = store_pack(app, pack).await?;
    let id = ForceId(app.moment(jiff::tz::TimeZone::UTC).id());
    let ctx = crate::jobs::system(app, id, zone, Actor::Operator);
    expect_done(ctx.act(SetUpForce { slug: slug.into(), title: title.into(), zone: zone.into(), pack: hash }).await?)?;
    Ok(id)
}

/// Invites someone, as the operator, and accepts for them as whoever follows the one-time link does.
pub async fn person(app: &App, force: ForceId, zone: &str, invite: Invite) -> Result<PersonId, Fault> {
    let operator = crate::jobs::system(app, force, zone, Actor::Operator);
    let invited = expect_done(operator.act(invite).await?)?;
    let id = PersonId(invited.id.ok_or_else(|| Fault::Broken("an invitation without a person".into()))?);
    let themselves = Ctx { principal: Principal::Person(id), ..operator };
    expect_done(themselves.act(AcceptInvite { person: id }).await?)?;
    Ok(id)
}

/// What set-up does must be done; a refusal is said in its own words.
pub fn expect_done(outcome: Outcome) -> Result<Done, Fault> {
    match outcome {
        Outcome::Done(done) => Ok(done),
        Outcome::Refused { reasons, .. } | Outcome::Held { reasons, .. } => {
            Err(Fault::Broken(reasons.iter().map(|r| format!("{} ({})", r.says, r.rule)).collect::<Vec<_>>().join(" ")))
        }
    }
}

/// Invites the first administrator; answers the one-time link that they sign in with.
pub async fn first_administrator(app: &App, force: ForceId, zone: &str, email: &str) -> Result<String, Fault> {
    let operator = crate::jobs::system(app, force, zone, Actor::Operator);
    let invite = Invite {
        name: "First administrator".into(),
        email: email.into(),
        kind: Kind::Staff,
        level: 1,
        job_title: "Administrator".into(),
        areas: vec![],
        roles: vec!["administrator".into()],
    };
    let invited = expect_done(operator.act(invite).await?)?;
    let person = PersonId(invited.id.ok_or_else(|| Fault::Broken("an invitation without a person".into()))?);
    crate::security::links::make(&operator, person).await?.map_err(|no| Fault::Broken(format!("the link was not made: {no:?}")))
}
