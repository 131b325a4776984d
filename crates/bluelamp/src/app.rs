//! What every request shares: the database, the clock and the id source, the packs in memory, the connectors, the
//! vault, the object store, the live events. Made once, in `wiring.rs`.

use crate::act::Fault;
use crate::db::{Db, Tx, blobs::Blobs, principal as rows};
use crate::live::Live;
use bluelamp_domain::act::{Entry, Principal};
use bluelamp_domain::decision::Decision;
use bluelamp_domain::ids::{EntryId, ForceId};
use bluelamp_domain::time::{Instant, Moment};
use bluelamp_ledger::{Digest, entry as ledger};
use bluelamp_platforms::{Connector, Egress};
use bluelamp_policy::Pack;
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex};

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
    /// The only hosts it may reach; `None` while an account is being connected and its hosts are not known yet.
    pub hosts: Option<Vec<String>>,
}

/// Packs and their triage engines by content hash: the same hash is the same text, whoever runs it.
static PACKS: LazyLock<Mutex<HashMap<String, Arc<Pack>>>> = LazyLock::new(Mutex::default);
static ENGINES: LazyLock<Mutex<HashMap<String, Arc<bluelamp_triage::Engine>>>> = LazyLock::new(Mutex::default);

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
    /// Small writes that share a commit.
    pub together: crate::db::together::Together,
    /// Whose turn it is, by what is worked on.
    pub turns: crate::turns::Turns,
    /// Told after each commit: the sequencer and the job runner look at once.
    pub stir: tokio::sync::Notify,
    pub stir_jobs: tokio::sync::Notify,
    pub assets: crate::http::assets::Assets,
    pub budgets: crate::http::api::Budgets,
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
        self.stored_pack(tx, &hash).await
    }

    /// A pack by its content hash, as stored.
    pub async fn stored_pack(&self, tx: &mut Tx, hash: &str) -> Result<Arc<Pack>, Fault> {
        if let Some(pack) = lock(&PACKS).get(hash) {
            return Ok(pack.clone());
        }
        let files = crate::db::doors::pack_files_in(tx, hash).await?;
        let pack = Arc::new(load_pack(&files)?);
        if pack.hash() != hash {
            return Err(Fault::Broken("the stored pack does not have the hash it was adopted under".into()));
        }
        lock(&PACKS).insert(hash.to_owned(), pack.clone());
        Ok(pack)
    }

    /// The triage engine of a pack, compiled once.
    pub fn triage_of(&self, pack: &Pack) -> Result<Arc<bluelamp_triage::Engine>, Fault> {
        if let Some(engine) = lock(&ENGINES).get(pack.hash()) {
            return Ok(engine.clone());
        }
        let engine = Arc::new(crate::wiring::compile_triage(pack).map_err(Fault::Broken)?);
        lock(&ENGINES).insert(pack.hash().to_owned(), engine.clone());
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

/// What an entry says beside what the act itself gave.
pub struct Circumstances<'a> {
    pub force: ForceId,
    pub id: EntryId,
    pub at: Instant,
    pub by: Principal,
    pub act: &'a str,
    pub outcome: ledger::Decision,
    pub decision: &'a Decision,
}

/// The canonical bytes of an entry, and the values it only commits to. A code that is no code (too long, free text, a
/// hash) is committed to instead: nothing readable slips into the ledger.
pub fn entry_body(app: &App, c: &Circumstances<'_>, entry: &Entry) -> Result<Body, String> {
    let told = |e: &dyn std::fmt::Display| e.to_string();
    let id = |u: uuid::Uuid| ledger::Id(*u.as_bytes());
    let by = match c.by {
        Principal::Person(p) => ledger::By::Person(id(p.0)),
        Principal::System(a) => ledger::By::actor(a.name()).map_err(|e| told(&e))?,
    };
    let act = ledger::Word::new(c.act).map_err(|e| told(&e))?;
    let mut body = ledger::Entry::new(id(c.id.0), id(c.force.0), act, c.at.0, by, c.outcome, Digest(app.random())).map_err(|e| told(&e))?;
    if let Ok(pack) = Digest::parse(&c.decision.pack) {
        body = body.pack(pack);
    }
    for clause in c.decision.clauses() {
        body = body.clause(&clause).map_err(|e| told(&e))?;
    }
    let rules: Vec<&String> = match c.outcome {
        ledger::Decision::Done => c.decision.granted_by.iter().collect(),
        ledger::Decision::Held | ledger::Decision::Refused => c.decision.reasons.iter().map(|r| &r.rule).collect(),
    };
    for rule in rules {
        body = body.rule(rule).map_err(|e| told(&e))?;
    }
    for (name, value) in &entry.ids {
        body = body.id(name, id(*value)).map_err(|e| told(&e))?;
    }
    let mut values: Vec<(&'static str, String)> = entry.values.clone();
    for (name, value) in &entry.codes {
        let code = match value.parse::<i64>() {
            Ok(n) => ledger::Code::try_from(n),
            Err(_) => ledger::Code::try_from(value.as_str()),
        };
        match (ledger::Name::new(name), code) {
            (Ok(name), Ok(code)) if !body.codes.contains_key(&name) => drop(body.codes.insert(name, code)),
            _ => values.push((name, value.clone())),
        }
    }
    let mut kept = Vec::with_capacity(values.len());
    for (name, value) in values {
        let random: [u8; 32] = app.random();
        body = body.commit(name, bluelamp_ledger::commit::commit(&Digest(random), value.as_bytes())).map_err(|e| told(&e))?;
        kept.push((name, value, random.to_vec()));
    }
    Ok((body.bytes(), kept))
}
