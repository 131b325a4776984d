//! The wiring: the one file that knows every act, every job and every concrete type of the outside: the clock, the id
//! source, the connectors, the way out.

use crate::act::ActInfo;
use crate::app::{Clock, Entropy};
use crate::jobs::JobInfo;
use bluelamp_domain::time::Instant;

/// Every act there is. Their names are routes, Cedar actions, ledger codes and metrics at once.
static ACTS: &[ActInfo] = &[
    ActInfo::of::<crate::held::release::Release>(),
    ActInfo::of::<crate::held::decline::Decline>(),
    // people
    // security
    // accounts
    // intake
    // publishing
    // community
    // desk
    // assurance
    // records
];

/// Every kind of job.
static JOBS: &[JobInfo] = &[];

pub fn acts() -> &'static [ActInfo] {
    ACTS
}

pub fn act(name: &str) -> Option<&'static ActInfo> {
    ACTS.iter().find(|a| a.name == name)
}

pub fn jobs() -> &'static [JobInfo] {
    JOBS
}

pub fn job(kind: &str) -> Option<&'static JobInfo> {
    JOBS.iter().find(|j| j.kind == kind)
}

/// The triage engine that a pack's texts make.
pub fn compile_triage(pack: &bluelamp_policy::Pack) -> Result<bluelamp_triage::Engine, String> {
    let files = bluelamp_triage::SignalFile::parse_all(pack.triage_files()).map_err(|e| e.to_string())?;
    let version = format!("{} {}", pack.name(), pack.version());
    bluelamp_triage::Engine::compile(&files, &version).map_err(|e| e.to_string())
}

/// The machine's clock.
pub struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Instant {
        Instant::from(jiff::Timestamp::now())
    }
}

/// The operating system's random source.
pub struct MachineEntropy;

impl Entropy for MachineEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws random bytes")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}
