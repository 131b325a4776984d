//! The one door to governed change: every act is decided, done and recorded in one transaction.
//!
//! An act is a type with four parts: [`Act::facts`] reads what decides, [`Act::questions`] says what policy is asked,
//! [`Act::rule`] says what should happen (one call into `domain`), [`Act::write`] writes rows through the store.
//! [`Ctx::act`] runs them, writes the ledger entry and the jobs, and commits, or nothing happens at all. What policy
//! holds waits as a held act and is run again from its facts when someone releases it. INVARIANT: nothing else makes
//! a [`Permit`] (I1).

use crate::app::{App, Circumstances, entry_body};
use crate::db::principal::{self as rows, HeldRow};
use crate::db::{DbError, Isolation, Tx};
use bluelamp_domain::act::{Entry, Job, Permit, Principal, Refusal, Step};
use bluelamp_domain::decision::{Decision, Rating, Reason};
use bluelamp_domain::ids::*;
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::time::{HOUR, Instant, Moment};
use bluelamp_ledger::entry::Decision as Recorded;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use uuid::Uuid;

/// Who a request comes from and what it may see. Made once a request.
#[derive(Clone)]
pub struct Ctx {
    pub app: App,
    pub force: ForceId,
    pub principal: Principal,
    pub zone: jiff::tz::TimeZone,
    pub session: Option<SessionId>,
    pub second_factor: bool,
    /// A token's own limits; `None` for sessions and the system.
    pub token: Option<Arc<TokenScope>>,
    pub scope: Arc<Scope>,
    /// What the page before this one did, by its code in the address (`did=`): for the notice on top.
    pub did: Option<String>,
}

/// What a token may do at most.
#[derive(Debug, Clone, Default)]
pub struct TokenScope {
    pub acts: BTreeSet<String>,
    pub accounts: Option<BTreeSet<AccountId>>,
}

/// What a principal may see: stands in every governed read (I2).
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Sees every account of the force.
    pub every: bool,
    pub accounts: Vec<AccountId>,
    /// Sees messages routed to these areas, from any account (APP-ROLE-9).
    pub areas: Vec<String>,
    /// Sees these messages, passed on to them by name, from any account (LEICS-TRIAGE-3).
    pub messages: Vec<MessageId>,
    pub roles: Vec<String>,
    pub name: String,
    pub on_duty: bool,
}

impl Scope {
    /// The list for `{in:$n}`; pair it with `every` as `($k = 1 OR account {in:$n})`.
    pub fn ids(&self) -> crate::db::Val {
        crate::db::Val::Ids(self.accounts.iter().map(|a| a.0).collect())
    }

    /// The list of messages passed on to them by name, for `{in:$n}`.
    pub fn message_ids(&self) -> crate::db::Val {
        crate::db::Val::Ids(self.messages.iter().map(|m| m.0).collect())
    }

    pub fn sees(&self, account: AccountId) -> bool {
        self.every || self.accounts.contains(&account)
    }

    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r == role)
    }
}

/// What surrounds a running act: everything that a part of it may know.
pub struct Env<'a> {
    pub app: &'a App,
    pub force: ForceId,
    pub principal: Principal,
    pub zone: &'a jiff::tz::TimeZone,
    pub moment: &'a Moment,
    pub pack: &'a Arc<bluelamp_policy::Pack>,
    pub second_factor: bool,
    pub session: Option<SessionId>,
    pub scope: &'a Scope,
}

impl Env<'_> {
    pub fn at(&self) -> Instant {
        self.moment.at
    }

    pub fn figures(&self) -> &bluelamp_domain::figures::Figures {
        self.pack.figures()
    }

    /// The id of the person who acts.
    pub fn person(&self) -> Option<PersonId> {
        self.principal.person()
    }
}

/// Why facts could not be read: the database, or the thing is not there or not theirs.
#[derive(Debug)]
pub enum Stop {
    Db(DbError),
    No(Refusal),
}

impl From<DbError> for Stop {
    fn from(e: DbError) -> Self {
        Stop::Db(e)
    }
}

impl From<Refusal> for Stop {
    fn from(r: Refusal) -> Self {
        Stop::No(r)
    }
}

/// Not there, or not theirs: the answer is the same, so that ids cannot be guessed (I2).
pub fn not_found(what: &str) -> Refusal {
    Refusal::new("not-found", format!("there is no such {what}, or it is not yours to see"))
}

/// One act. See the module's words.
pub trait Act: Serialize + DeserializeOwned + utoipa::ToSchema + Clone + Send + Sync + 'static {
    /// Route list, Cedar action, ledger, metrics, log: one name.
    const NAME: &'static str;
    /// What it does, in a sentence for the API's document.
    const SAYS: &'static str;
    type Facts: Send + Sync;
    type Change: Send + Sync;
    /// Reads what decides. Nothing else may read.
    fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> impl Future<Output = Result<Self::Facts, Stop>> + Send;
    /// What policy is asked; the worst answer stands. At least one.
    fn questions(&self, facts: &Self::Facts, env: &Env<'_>) -> Vec<Question>;
    /// One call into `domain`.
    fn rule(&self, facts: &Self::Facts, permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Self::Change>, Refusal>;
    /// Rows, through the store.
    fn write(&self, tx: &mut Tx, env: &Env<'_>, change: &Self::Change) -> impl Future<Output = Result<Done, DbError>> + Send;
}

/// What a done act answers: the id of what it made or changed, and what a caller may need besides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Done {
    pub id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub data: serde_json::Value,
}

impl Done {
    pub fn id(id: impl Into<Uuid>) -> Self {
        Done { id: Some(id.into()), data: serde_json::Value::Null }
    }

    pub fn nothing() -> Self {
        Done::default()
    }

    pub fn with(mut self, data: serde_json::Value) -> Self {
        self.data = data;
        self
    }
}

/// What an act came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    Done(Done),
    /// Waits for someone's agreement.
    Held {
        held: HeldId,
        reasons: Vec<Reason>,
    },
    /// Policy, or a rule, said no. Every reason at once.
    Refused {
        code: String,
        reasons: Vec<Reason>,
    },
}

impl Outcome {
    pub fn done(self) -> Option<Done> {
        match self {
            Outcome::Done(d) => Some(d),
            _ => None,
        }
    }

    fn refused_by(refusal: &Refusal) -> Self {
        Outcome::Refused {
            code: refusal.code.clone(),
            reasons: vec![Reason {
                rule: refusal.code.clone(),
                clause: refusal.clause.clone().unwrap_or_default(),
                says: refusal.says.clone(),
                rating: Rating::Red,
                approver: None,
            }],
        }
    }
}

/// An act could not be tried: not the policy's word, an outage or a bug.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("the force has no policy pack: adopt one before anything else")]
    NoPack,
    #[error("the key `{key}` was used for another request")]
    KeyReused { key: String },
    #[error("this changed under your hands several times; try again")]
    Contended,
    #[error("{0}")]
    Broken(String),
}

impl Ctx {
    /// Decides, does and records. The transaction is tried again from its facts when the database asks.
    pub async fn act<A: Act>(&self, act: A) -> Result<Outcome, Fault> {
        self.act_keyed(act, None).await
    }

    /// As [`Ctx::act`]; a repeat with the same key answers what the first came to and does nothing.
    pub async fn act_keyed<A: Act>(&self, act: A, key: Option<&str>) -> Result<Outcome, Fault> {
        let input = serde_json::to_value(&act).map_err(|e| Fault::Broken(e.to_string()))?;
        self.act_named(A::NAME, input, key).await
    }

    /// As [`Ctx::act_keyed`], by name and JSON: the API's and the jobs' way in.
    pub async fn act_named(&self, name: &str, input: serde_json::Value, key: Option<&str>) -> Result<Outcome, Fault> {
        let info = crate::wiring::act(name).ok_or_else(|| Fault::Broken(format!("no act is called `{name}`")))?;
        if let Some(token) = &self.token
            && !token.acts.contains(info.name)
        {
            return Ok(Outcome::refused_by(&Refusal::new(
                "token-scope",
                format!("this token may not `{}`; ask for one that may", info.name),
            )));
        }
        let digest = crate::app::digest(input.to_string().as_bytes());
        for attempt in 0..12u32 {
            match self.attempt(info, &input, key, &digest).await {
                Err(Fault::Db(DbError::Again)) => {
                    metrics::counter!("act_again", "act" => info.name).increment(1);
                    self.app.pause(attempt).await;
                }
                other => {
                    self.app.committed();
                    return other;
                }
            }
        }
        Err(Fault::Contended)
    }

    async fn attempt(&self, info: &'static ActInfo, input: &serde_json::Value, key: Option<&str>, digest: &str) -> Result<Outcome, Fault> {
        let mut tx = self.app.db.write(self.force, Isolation::Serializable).await?;
        if let Some(key) = key
            && let Some((act, stored, outcome)) = rows::idempotent(&mut tx, self.force, self.principal, key).await?
        {
            if act != info.name || stored != digest {
                return Err(Fault::KeyReused { key: key.to_owned() });
            }
            return serde_json::from_value(outcome).map_err(|e| Fault::Broken(e.to_string()));
        }
        let moment = self.app.moment(self.zone.clone());
        // A force that begins has adopted nothing yet: the pack it begins with decides.
        let pack = match input.get("pack").and_then(|p| p.as_str()) {
            Some(first) if info.name == crate::people::acts::set_up_force::SetUpForce::NAME => self.app.stored_pack(&mut tx, first).await?,
            _ => self.app.pack_of(&mut tx, self.force).await?,
        };
        let mut run = Run { tx: &mut tx, moment: &moment, pack: &pack, ctx: self, depth: 0 };
        let outcome = (info.run)(&mut run, input.clone(), self.principal).await?;
        if let Outcome::Refused { code, reasons } = &outcome {
            // Whatever the act or those that follow from it had written is undone; the refusal itself is recorded.
            tx.rollback().await?;
            tx = self.app.db.write(self.force, Isolation::Serializable).await?;
            let mut run = Run { tx: &mut tx, moment: &moment, pack: &pack, ctx: self, depth: 0 };
            run.record_refusal(info.name, code, reasons).await?;
        }
        if let Some(key) = key {
            let stored = serde_json::to_value(&outcome).map_err(|e| Fault::Broken(e.to_string()))?;
            rows::remember(&mut tx, self.force, self.principal, key, info.name, digest, &stored, moment.at).await?;
        }
        tx.commit().await?;
        Ok(outcome)
    }

    /// What would policy say? Records nothing: for buttons and the live check.
    pub async fn may<A: Act>(&self, act: &A) -> Result<Decision, Fault> {
        let mut tx = self.app.db.read(self.force).await?;
        let moment = self.app.moment(self.zone.clone());
        let pack = self.app.pack_of(&mut tx, self.force).await?;
        let mut run = Run { tx: &mut tx, moment: &moment, pack: &pack, ctx: self, depth: 0 };
        let (principal, scope) = run.principal(self.principal).await?;
        let env = Env {
            app: &self.app,
            force: self.force,
            principal: self.principal,
            zone: &self.zone,
            moment: &moment,
            pack: &pack,
            second_factor: self.second_factor,
            session: self.session,
            scope: &scope,
        };
        match act.facts(run.tx, &env).await {
            Ok(facts) => {
                let questions = act.questions(&facts, &env);
                run.decide(&principal, questions).await
            }
            Err(Stop::No(refusal)) => Ok(Decision {
                rating: Rating::Red,
                reasons: vec![Reason {
                    rule: refusal.code.clone(),
                    clause: refusal.clause.unwrap_or_default(),
                    says: refusal.says,
                    rating: Rating::Red,
                    approver: None,
                }],
                granted_by: Vec::new(),
                pack: pack.hash().to_owned(),
                fault: None,
            }),
            Err(Stop::Db(e)) => Err(e.into()),
        }
    }

    /// What would policy say to these questions? Records nothing: for the live check of what is not stored yet.
    pub async fn ask(&self, questions: Vec<Question>) -> Result<Decision, Fault> {
        let mut tx = self.app.db.read(self.force).await?;
        let moment = self.app.moment(self.zone.clone());
        let pack = self.app.pack_of(&mut tx, self.force).await?;
        let mut run = Run { tx: &mut tx, moment: &moment, pack: &pack, ctx: self, depth: 0 };
        let (principal, _) = run.principal(self.principal).await?;
        run.decide(&principal, questions).await
    }

    /// May this principal read `action` (`read.desk`, `read.register` …)? For pages.
    pub async fn may_read(&self, action: &'static str) -> Result<Decision, Fault> {
        let mut tx = self.app.db.read(self.force).await?;
        let moment = self.app.moment(self.zone.clone());
        let pack = self.app.pack_of(&mut tx, self.force).await?;
        let mut run = Run { tx: &mut tx, moment: &moment, pack: &pack, ctx: self, depth: 0 };
        let (principal, _) = run.principal(self.principal).await?;
        let question = Question::new(action, self.force, force_entity(self.force, &pack, self.app.live));
        run.decide(&principal, vec![question]).await
    }

    /// A reading transaction of this force.
    pub async fn read(&self) -> Result<Tx, DbError> {
        self.app.db.read(self.force).await
    }

    pub fn now(&self) -> Instant {
        self.app.clock.now()
    }

    /// The pack in force.
    pub async fn pack(&self) -> Result<Arc<bluelamp_policy::Pack>, Fault> {
        let mut tx = self.read().await?;
        self.app.pack_of(&mut tx, self.force).await
    }
}

/// A transaction in which acts run.
pub struct Run<'t> {
    pub tx: &'t mut Tx,
    pub moment: &'t Moment,
    pub pack: &'t Arc<bluelamp_policy::Pack>,
    pub ctx: &'t Ctx,
    depth: u8,
}

/// An act's place in the one registry (`wiring.rs`).
pub struct ActInfo {
    pub name: &'static str,
    pub says: &'static str,
    pub schema:
        fn() -> (String, utoipa::openapi::RefOr<utoipa::openapi::Schema>, Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>),
    pub run: for<'a, 't> fn(&'a mut Run<'t>, serde_json::Value, Principal) -> BoxFuture<'a, Result<Outcome, Fault>>,
}

impl ActInfo {
    pub const fn of<A: Act>() -> ActInfo {
        ActInfo { name: A::NAME, says: A::SAYS, schema: schema::<A>, run: run_erased::<A> }
    }
}

fn schema<A: Act>()
-> (String, utoipa::openapi::RefOr<utoipa::openapi::Schema>, Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
    let mut others = Vec::new();
    A::schemas(&mut others);
    (A::name().into_owned(), A::schema(), others)
}

fn run_erased<'a, A: Act>(run: &'a mut Run<'_>, input: serde_json::Value, by: Principal) -> BoxFuture<'a, Result<Outcome, Fault>> {
    Box::pin(async move {
        match serde_json::from_value::<A>(input) {
            Ok(act) => run.perform(&act, by).await,
            Err(e) => Ok(Outcome::refused_by(&Refusal::new("malformed", format!("`{}` cannot be read: {e}", A::NAME)))),
        }
    })
}

impl Run<'_> {
    /// One act within the transaction: facts, question, rule, write, entry, jobs, and what follows from it.
    async fn perform<A: Act>(&mut self, act: &A, by: Principal) -> Result<Outcome, Fault> {
        if self.depth > 6 {
            return Err(Fault::Broken(format!("`{}` follows from itself without end", A::NAME)));
        }
        let (principal, scope) = self.principal(by).await?;
        let ctx = self.ctx;
        let env = Env {
            app: &ctx.app,
            force: ctx.force,
            principal: by,
            zone: &ctx.zone,
            moment: self.moment,
            pack: self.pack,
            second_factor: ctx.second_factor,
            session: ctx.session,
            scope: &scope,
        };
        let facts = match act.facts(self.tx, &env).await {
            Ok(facts) => facts,
            Err(Stop::No(refusal)) => return Ok(Outcome::refused_by(&refusal)),
            Err(Stop::Db(e)) => return Err(e.into()),
        };
        let questions = act.questions(&facts, &env);
        if let Some(no) = self.outside_token(&questions) {
            return Ok(no);
        }
        let (subject, rests_on) = questions.first().map(|q| (q.subject, q.rests_on.clone())).unwrap_or_default();
        let decision = self.decide(&principal, questions).await?;
        match decision.rating {
            Rating::Red => return Ok(Outcome::Refused { code: "refused".into(), reasons: decision.reasons }),
            Rating::Amber => return self.hold(A::NAME, act, by, subject, &rests_on, decision).await,
            Rating::Green => {}
        }
        let permit = Permit::issue(by, ctx.force, decision.pack.clone());
        let step = match act.rule(&facts, permit, &env) {
            Ok(step) => step,
            Err(refusal) => return Ok(Outcome::refused_by(&refusal)),
        };
        let done = act.write(self.tx, &env, &step.change).await?;
        let entries = std::iter::once(&step.entry).chain(&step.also).map(|e| (e, e.ids.first().map(|(_, id)| *id)));
        self.record(A::NAME, Recorded::Done, by, &decision, entries).await?;
        let jobs: Vec<(JobId, &Job)> = step.jobs.iter().map(|j| (self.moment.id(), j)).collect();
        rows::insert_jobs(self.tx, ctx.force, &jobs).await?;
        for then in step.then {
            let info = crate::wiring::act(then.act).ok_or_else(|| Fault::Broken(format!("no act is called `{}`", then.act)))?;
            let mut inner = Run { tx: &mut *self.tx, moment: self.moment, pack: self.pack, ctx, depth: self.depth + 1 };
            match (info.run)(&mut inner, then.input, then.by.unwrap_or(by)).await? {
                Outcome::Done(_) => {}
                Outcome::Refused { code, reasons } => return Ok(Outcome::Refused { code, reasons }),
                Outcome::Held { reasons, .. } => return Ok(Outcome::Refused { code: "still-held".into(), reasons }),
            }
        }
        Ok(Outcome::Done(done))
    }

    /// A token scoped to accounts asks nothing about others.
    fn outside_token(&self, questions: &[Question]) -> Option<Outcome> {
        let accounts = self.ctx.token.as_ref()?.accounts.as_ref()?;
        let of = |e: &Entity| match (e.of.kind, e.attrs.get("account")) {
            ("Account", _) => e.of.id.parse().ok(),
            (_, Some(Value::Ref(r))) => r.id.parse().ok(),
            _ => None,
        };
        let inside = questions.iter().all(|q| of(&q.resource).is_none_or(|a: AccountId| accounts.contains(&a)));
        (!inside).then(|| Outcome::refused_by(&not_found("account")))
    }

    /// Asks policy each question; the worst answer stands, with the reasons of all.
    async fn decide(&mut self, principal: &Entity, questions: Vec<Question>) -> Result<Decision, Fault> {
        let mut worst: Option<Decision> = None;
        for mut question in questions {
            let releases: BTreeSet<String> =
                rows::releases(self.tx, self.ctx.force, question.subject, &question.rests_on).await?.into_iter().collect();
            if !question.others.iter().any(|e| e.of.kind == "Force") && question.resource.of.kind != "Force" {
                question.others.push(force_entity(self.ctx.force, self.pack, self.ctx.app.live));
            }
            let decision = self.pack.ask(principal, &question, self.moment.at, self.moment.today(), &releases);
            if let Some(fault) = &decision.fault {
                tracing::error!(act = question.action, fault, "the policy could not be applied");
                metrics::counter!("policy_fault").increment(1);
            }
            worst = Some(match worst {
                None => decision,
                Some(w) => merge(w, decision),
            });
        }
        worst.ok_or_else(|| Fault::Broken("an act asked policy nothing".into()))
    }

    async fn hold<A: Act>(
        &mut self,
        name: &'static str,
        act: &A,
        by: Principal,
        subject: Uuid,
        rests_on: &str,
        decision: Decision,
    ) -> Result<Outcome, Fault> {
        let held = HeldRow {
            id: self.moment.id(),
            act: name.to_owned(),
            input: serde_json::to_value(act).map_err(|e| Fault::Broken(e.to_string()))?,
            principal: by.code(),
            subject,
            rests_on: rests_on.to_owned(),
            reasons: decision.reasons.clone(),
            held_at: self.moment.at,
            expires_at: self.moment.at.plus(self.pack.figures().held_hours() * HOUR),
            state: "waiting".into(),
            note: None,
        };
        rows::insert_held(self.tx, self.ctx.force, &held, &decision.pack).await?;
        let entry = Entry::default().id("held", held.id).id("subject", subject);
        self.record(name, Recorded::Held, by, &decision, [(&entry, Some(subject))]).await?;
        Ok(Outcome::Held { held: held.id, reasons: decision.reasons })
    }

    async fn record_refusal(&mut self, act: &'static str, code: &str, reasons: &[Reason]) -> Result<(), Fault> {
        let decision = Decision {
            rating: Rating::Red,
            reasons: reasons.to_vec(),
            granted_by: Vec::new(),
            pack: self.pack.hash().to_owned(),
            fault: None,
        };
        let entry = Entry::default().code("code", code);
        self.record(act, Recorded::Refused, self.ctx.principal, &decision, [(&entry, None)]).await
    }

    /// An entry for each subject: ids, codes and commitments; values stand beside them until they are disposed of.
    async fn record<'e>(
        &mut self,
        act: &'static str,
        outcome: Recorded,
        by: Principal,
        decision: &Decision,
        entries: impl IntoIterator<Item = (&'e Entry, Option<Uuid>)>,
    ) -> Result<(), Fault> {
        let mut all = Vec::new();
        for (entry, subject) in entries {
            let id: EntryId = self.moment.id();
            let circumstances = Circumstances { force: self.ctx.force, id, at: self.moment.at, by, act, outcome, decision };
            let (body, values) = entry_body(&self.ctx.app, &circumstances, entry).map_err(Fault::Broken)?;
            let account = entry.ids.iter().find(|(n, _)| *n == "account").map(|(_, id)| *id);
            all.push(rows::EntryRow {
                id,
                at: self.moment.at,
                act,
                decision: outcome.word(),
                principal: by,
                subject,
                account,
                body,
                values,
            });
        }
        metrics::counter!("acts", "act" => act, "outcome" => outcome.word()).increment(all.len() as u64);
        rows::insert_entries(self.tx, self.ctx.force, all).await?;
        Ok(())
    }

    /// The principal as policy sees it, and what it may see.
    pub async fn principal(&mut self, by: Principal) -> Result<(Entity, Scope), Fault> {
        let force = self.ctx.force;
        match by {
            Principal::System(actor) => {
                let entity = Entity::new("System", actor.name()).with("force", Ref::new("Force", force)).with("name", actor.name());
                Ok((entity, Scope { every: true, name: actor.name().to_owned(), ..Scope::default() }))
            }
            Principal::Person(id) => {
                let Some(p) = rows::person(self.tx, force, id).await? else {
                    return Err(Fault::Broken("whoever acts is not a person of this force".into()));
                };
                // A replayed act rests on the session of whoever releases it; its author signed in with theirs.
                let second_factor = self.ctx.second_factor || self.ctx.principal != by;
                let entity = person_entity(force, &p, second_factor, self.pack.figures().training_refresher_months());
                Ok((entity, scope_of(&p)))
            }
        }
    }
}

/// Roles that see every account of their force.
pub const SEES_EVERY_ACCOUNT: &[&str] = &[
    "administrator",
    "corporate-communications",
    "digital-media-team",
    "desk",
    "desk-supervisor",
    "command",
    "information-security",
    "professional-standards",
    "records",
    "auditor",
];

pub fn scope_of(p: &rows::PersonRow) -> Scope {
    Scope {
        every: p.roles.iter().any(|r| SEES_EVERY_ACCOUNT.contains(&r.as_str())),
        accounts: p.accounts.clone(),
        areas: p.areas.clone(),
        messages: p.messages.clone(),
        roles: p.roles.clone(),
        name: p.name.clone(),
        on_duty: p.on_duty,
    }
}

fn person_entity(force: ForceId, p: &rows::PersonRow, second_factor: bool, refresher_months: i64) -> Entity {
    let mut e = Entity::new("Person", p.id)
        .with("force", Ref::new("Force", force))
        .with("kind", Value::word("PersonKind", &p.kind))
        .with("level", p.level)
        .with("roles", Value::texts(&p.roles))
        .with("accounts", Value::refs("Account", &p.accounts))
        .with("everyAccount", p.roles.iter().any(|r| SEES_EVERY_ACCOUNT.contains(&r.as_str())))
        .with("areas", Value::texts(&p.areas))
        .with("active", p.state == "active")
        .with_some("trainedUntil", p.trained_on.map(|d| bluelamp_domain::time::months_after(d, refresher_months)))
        .with("exceptions", Value::texts(&p.exceptions))
        .with("onDuty", p.on_duty)
        .with("secondFactor", second_factor);
    for role in &p.roles {
        e = e.under(Ref::new("Role", role));
    }
    e
}

/// The force as policy sees it: its figures.
pub fn force_entity(force: ForceId, pack: &bluelamp_policy::Pack, live: bool) -> Entity {
    let figures = pack.figures().all().into_iter().map(|(name, n)| (name, Value::Long(n))).collect();
    Entity::new("Force", force).with("figures", Value::Record(figures)).with("live", live)
}

fn merge(a: Decision, b: Decision) -> Decision {
    let (mut worse, other) = if b.rating > a.rating { (b, a) } else { (a, b) };
    for reason in other.reasons {
        if !worse.reasons.contains(&reason) {
            worse.reasons.push(reason);
        }
    }
    worse.reasons.sort_by(|x, y| (&x.clause, &x.rule).cmp(&(&y.clause, &y.rule)));
    for rule in other.granted_by {
        if !worse.granted_by.contains(&rule) {
            worse.granted_by.push(rule);
        }
    }
    worse.fault = worse.fault.or(other.fault);
    worse
}
