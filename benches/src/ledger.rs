//! Acts one after another, each decided, done and recorded in its own transaction; then the sequencer's part.

use crate::report::{Line, Met, Report, thousands};
use crate::stopwatch::{Stopwatch, per_second};
use crate::{Failure, installation, many};
use bluelamp_domain::time::DAY;
use std::path::Path;

const ACTS: usize = 1_000;

pub async fn measure(report: &mut Report, folder: &Path) -> Result<(), Failure> {
    let on = installation::make(folder).await?;
    while bluelamp::records::sequencer::sequence(&on.app, on.force).await? > 0 {}
    let today = on.app.clock.now();
    let watch = Stopwatch::start();
    for n in 0..ACTS {
        let day = today.plus(-DAY * i64::try_from(n % 300)?).date_in(&jiff::tz::TimeZone::UTC);
        installation::train(&on.app, on.force, on.trainer, on.desk, day).await?;
    }
    let acts = watch.elapsed();
    let bare = many::single_commits(&folder.join("bare.sqlite3"), ACTS).await?;
    let ratio = bare.as_secs_f64() / acts.as_secs_f64();
    report.line(Line {
        what: "acts, one after another".into(),
        ours: format!("{} acts/s", thousands(per_second(ACTS, acts))),
        beside: format!("bare commits of one row {}/s", thousands(per_second(ACTS, bare))),
        ratio: format!("{ratio:.2} ×"),
        target: "",
        met: Met::Unasked,
    });
    let watch = Stopwatch::start();
    let mut placed = 0;
    loop {
        match bluelamp::records::sequencer::sequence(&on.app, on.force).await? {
            0 => break,
            n => placed += n,
        }
    }
    report.line(Line {
        what: "entries placed, hashed and signed for by the sequencer".into(),
        ours: format!("{} entries/s", thousands(per_second(placed, watch.elapsed()))),
        beside: format!("the acts that make them {}/s", thousands(per_second(ACTS, acts))),
        ratio: format!("{:.1} ×", per_second(placed, watch.elapsed()) / per_second(ACTS, acts)),
        target: "",
        met: Met::Unasked,
    });
    on.app.db.close().await;
    Ok(())
}
