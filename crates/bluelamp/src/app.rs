//! What every request shares: the database, the clock and the id source, the packs in memory, the connectors, the
//! vault, the object store, the live events. Made once, in `wiring.rs`.

use crate::act::Fault;
use crate::db::{Db, Tx, blobs::Blobs, principal as rows};
use crate::live::Live;
use bluelamp_domain::act::{Entry, Principal};
use bluelamp_domain::decision::Decision;
use bluelamp_domain::ids::{EntryId, ForceId};
use bluelamp_domain::time::{Instant, Moment};
use bluelamp_platforms::{Connector, Egress};
use bluelamp_policy::Pack;
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

/// The clock. One implementation reads the machine's; the demonstration's history and the tests have their own.
pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;
}

/// Randomness: ids, nonces, tokens.
pub trait Entropy: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

/// The way out, made for one account's budget.
pub type EgressFor = dyn Fn(&EgressUse) -> Arc<dyn Egress> + Send + Sync;

/// Whose budget a call spends, and which hosts it may reach besides the platform's own.
#[derive(Debug, Clone, Default)]
pub struct EgressUse {
    pub account: String,
    pub app: String,
}

#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub config: crate::config::Config,
    /// False in the demonstration.
    pub live: bool,
    pub connectors: BTreeMap<String, Arc<dyn Connector>>,
    pub egress: Arc<EgressFor>,
    pub blobs: Blobs,
    pub vault: crate::vault::Vault,
    pub events: Live,
    /// Told after each commit: the sequencer and the job runner look at once.
    pub stir: tokio::sync::Notify,
    pub stir_jobs: tokio::sync::Notify,
    pub packs: Mutex<HashMap<String, Arc<Pack>>>,
    pub triage: Mutex<HashMap<String, Arc<bluelamp_triage::Engine>>>,
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    pub fn new(parts: Parts) -> App {
        App(Arc::new(parts))
    }

    /// A moment now, with ids of its own.
    pub fn moment(&self, zone: jiff::tz::TimeZone) -> Moment {
        Moment::new(self.clock.now(), zone, u128::from_be_bytes(self.random()))
    }

    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes);
        bytes
    }

    /// A short wait before an act is tried again: longer each time, and never the same for two.
    pub async fn pause(&self, attempt: u32) {
        let [jitter] = self.random::<1>();
        let millis = (2u64 << attempt.min(7)) + u64::from(jitter) / 8;
        tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
    }

    /// After a commit: whoever waits for entries or jobs looks now.
    pub fn committed(&self) {
        self.stir.notify_one();
        self.stir_jobs.notify_one();
    }

    pub fn connector(&self, platform: &str) -> Option<&Arc<dyn Connector>> {
        self.connectors.get(platform)
    }

    /// The pack that the force runs, from memory or the database, never from a folder.
    pub async fn pack_of(&self, tx: &mut Tx, force: ForceId) -> Result<Arc<Pack>, Fault> {
        let hash = rows::pack_hash(tx, force).await?.ok_or(Fault::NoPack)?;
        if let Some(pack) = lock(&self.packs).get(&hash) {
            return Ok(pack.clone());
        }
        let files = crate::db::doors::pack_files_in(tx, &hash).await?;
        let pack = Arc::new(load_pack(&files)?);
        if pack.hash() != hash {
            return Err(Fault::Broken("the stored pack does not have the hash it was adopted under".into()));
        }
        lock(&self.packs).insert(hash, pack.clone());
        Ok(pack)
    }

    /// The triage engine of a pack, compiled once.
    pub fn triage_of(&self, pack: &Pack) -> Result<Arc<bluelamp_triage::Engine>, Fault> {
        if let Some(engine) = lock(&self.triage).get(pack.hash()) {
            return Ok(engine.clone());
        }
        let engine = Arc::new(crate::wiring::compile_triage(pack).map_err(Fault::Broken)?);
        lock(&self.triage).insert(pack.hash().to_owned(), engine.clone());
        Ok(engine)
    }
}

/// Loads a stored pack: the name of the outermost stands under `name` beside its files.
pub fn load_pack(files: &BTreeMap<String, Vec<u8>>) -> Result<Pack, Fault> {
    let name = files
        .get("name")
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .ok_or_else(|| Fault::Broken("the stored pack has no name".into()))?;
    let rest: BTreeMap<String, Vec<u8>> = files.iter().filter(|(p, _)| p.as_str() != "name").map(|(p, b)| (p.clone(), b.clone())).collect();
    bluelamp_policy::load(&rest, &name)
        .map_err(|faults| Fault::Broken(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

/// A poisoned lock only means that another request failed while holding it; the map is whole.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}

type Body = (Vec<u8>, Vec<(&'static str, String, Vec<u8>)>);

/// The canonical bytes of an entry, and the values it only commits to.
#[expect(clippy::too_many_arguments, reason = "one place writes entries; a struct for its call would be read once")]
pub fn entry_body(
    app: &App,
    force: ForceId,
    id: EntryId,
    at: Instant,
    by: Principal,
    act: &str,
    outcome: &str,
    decision: &Decision,
    entry: &Entry,
) -> Result<Body, String> {
    let mut values = Vec::new();
    let mut commits = BTreeMap::new();
    for (name, value) in &entry.values {
        let random: [u8; 32] = app.random();
        commits.insert((*name).to_owned(), hex::encode(bluelamp_ledger::commit::commit(&random, value.as_bytes())));
        values.push((*name, value.clone(), random.to_vec()));
    }
    let rules: Vec<String> =
        if outcome == "done" { decision.granted_by.clone() } else { decision.reasons.iter().map(|r| r.rule.clone()).collect() };
    let nonce: [u8; 16] = app.random();
    let body = bluelamp_ledger::entry::Entry {
        v: 1,
        id: id.to_string(),
        force: force.to_string(),
        act: act.to_owned(),
        at: at.0,
        by: by.code(),
        on_behalf: None,
        decision: outcome.to_owned(),
        pack: decision.pack.clone(),
        clauses: decision.clauses(),
        rules,
        ids: entry.ids.iter().map(|(n, i)| ((*n).to_owned(), i.to_string())).collect(),
        codes: entry.codes.iter().map(|(n, c)| ((*n).to_owned(), c.clone())).collect(),
        commits,
        nonce: hex::encode(nonce),
    };
    Ok((body.canonical().map_err(|e| e.to_string())?, values))
}
