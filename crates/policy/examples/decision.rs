//! How long one decision takes: `cargo run -p bluelamp-policy --release --example decision`.
//! The target of the design is a median under 250 µs for the largest pack.

use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn read(folder: &Path, path: &str, files: &mut BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let inside = format!("{path}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &inside, files)?;
        } else {
            files.insert(inside, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "it measures time, and decides nothing with it")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files = BTreeMap::new();
    for pack in ["college-app", "leicestershire"] {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(pack), pack, &mut files)?;
    }
    let pack =
        bluelamp_policy::load(&files, "leicestershire").map_err(|faults| faults.iter().map(|f| format!("{f}\n")).collect::<String>())?;
    let force = Ref::new("Force", "f");
    let figures = Value::Record(pack.figures().all().into_iter().map(|(n, v)| (n, Value::Long(v))).collect());
    let today = jiff::civil::date(2026, 6, 15);
    let accounts = (0..70).map(|n| format!("account-{n}"));
    let person = Entity::new("Person", "p")
        .with("force", force.clone())
        .with("kind", Value::word("PersonKind", "staff"))
        .with("level", 2)
        .with("roles", Value::texts(["publisher"]))
        .with("accounts", Value::refs("Account", accounts))
        .with("everyAccount", false)
        .with("areas", Value::texts(["north"]))
        .with("active", true)
        .with("trainedUntil", today)
        .with("exceptions", Value::Set(Vec::new()))
        .with("onDuty", true)
        .with("secondFactor", true)
        .under(Ref::new("Role", "publisher"));
    let account = Entity::new("Account", "account-7")
        .with("force", force.clone())
        .with("platform", "bluesky")
        .with("kind", Value::word("AccountKind", "local"))
        .with("state", Value::word("AccountState", "live"))
        .with("connected", true)
        .with("contributors", 3)
        .with("monitoredBy", Value::refs("Monitor", ["contact"]))
        .with("area", "north")
        .with("can", Value::texts(["publish", "reply", "hide"]));
    let draft = Entity::new("Draft", "d")
        .with("force", force.clone())
        .with("account", Ref::new("Account", "account-7"))
        .with("author", Ref::new("Person", "p"))
        .with("isAuthor", true)
        .with("kind", Value::word("DraftKind", "post"))
        .with("purpose", "trust-confidence")
        .with("revision", 3)
        .with("signs", Value::texts(["image", "jargon"]))
        .with("hasCase", false)
        .with("scheduled", false);
    let question = Question::new("publishing.publish", uuid::Uuid::nil(), draft)
        .also(account)
        .also(Entity::new("Force", "f").with("figures", figures).with("live", true));
    let mut times: Vec<std::time::Duration> = (0..2_000)
        .map(|_| {
            let start = std::time::Instant::now();
            let decision = pack.ask(&person, &question, Instant(1_781_000_000_000_000), today, &BTreeSet::new());
            assert!(decision.fault.is_none(), "{decision:?}");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!("{} rules; one decision: median {:?}, 99th of a hundred {:?}", pack.rules().len(), times[1_000], times[1_980]);
    Ok(())
}
