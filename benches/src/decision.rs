//! One decision of the largest pack: both evaluations, every reason, entities and all.

use crate::report::{Line, Met, Report};
use crate::stopwatch::{Stopwatch, percentile};
use crate::{Failure, installation};
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::time::Instant;
use std::collections::BTreeSet;
use std::time::Duration;

const ROUNDS: usize = 4_000;

pub fn measure(report: &mut Report) -> Result<(), Failure> {
    let files = bluelamp::setup::read_packs(&installation::packs())?;
    let mut packs = Vec::new();
    for name in files.keys().filter_map(|f| f.strip_suffix("/pack.toml")) {
        packs.push(installation::pack(name)?);
    }
    let pack = packs.into_iter().max_by_key(|p| p.rules().len()).ok_or("there are no packs")?;
    let today = jiff::civil::date(2026, 6, 15);
    let (person, question) = asked(&pack, today);
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let watch = Stopwatch::start();
            let decision = pack.ask(&person, &question, Instant(1_781_000_000_000_000), today, &BTreeSet::new());
            assert!(decision.fault.is_none(), "the benchmark's question no longer fits the schema: {decision:?}");
            watch.elapsed()
        })
        .collect();
    let (median, worst) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
    let micros = median.as_secs_f64() * 1e6;
    report.line(Line {
        what: format!("one decision, {} rules of the pack `{}`", pack.rules().len(), pack.name()),
        ours: format!("{micros:.0} µs median, {:.0} µs 99th of a hundred", worst.as_secs_f64() * 1e6),
        beside: "the limit of 250 µs".into(),
        ratio: format!("{:.2} of it", micros / 250.0),
        target: "< 250 µs median",
        met: Met::Figure(micros < 250.0),
    });
    Ok(())
}

/// Publishing, the act that most rules speak of, by someone with seventy accounts.
fn asked(pack: &bluelamp_policy::Pack, today: jiff::civil::Date) -> (Entity, Question) {
    let force = Ref::new("Force", "f");
    let figures = Value::Record(pack.figures().all().into_iter().map(|(n, v)| (n, Value::Long(v))).collect());
    let person = Entity::new("Person", "p")
        .with("force", force.clone())
        .with("kind", Value::word("PersonKind", "staff"))
        .with("level", 2)
        .with("roles", Value::texts(["publisher"]))
        .with("accounts", Value::refs("Account", (0..70).map(|n| format!("account-{n}"))))
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
        .with("platform", "any")
        .with("kind", Value::word("AccountKind", "local"))
        .with("state", Value::word("AccountState", "live"))
        .with("connected", true)
        .with("contributors", 3)
        .with("monitoredBy", Value::refs("Monitor", ["contact"]))
        .with("area", "north")
        .with("can", Value::texts(["publish", "reply", "hide"]));
    let draft = Entity::new("Draft", "d")
        .with("force", force)
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
    (person, question)
}
