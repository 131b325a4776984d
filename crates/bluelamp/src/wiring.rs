//! The wiring: the one file that knows every act, every job and every concrete type of the outside: the clock, the id
//! source, the connectors, the way out.

use crate::act::{ActInfo, Ctx};
use crate::app::{App, Clock, Entropy};
use crate::config::Config;
use crate::db::{Db, DbError, Place, Tx};
use crate::http::frame::OpenAlert;
use crate::jobs::JobInfo;
use bluelamp_domain::time::Instant;
use bluelamp_platforms::Connector;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every act there is. Their names are routes, Cedar actions, ledger codes and metrics at once.
static ACTS: &[ActInfo] = &[
    ActInfo::of::<crate::held::release::Release>(),
    ActInfo::of::<crate::held::decline::Decline>(),
    // people
    ActInfo::of::<crate::people::acts::set_up_force::SetUpForce>(),
    ActInfo::of::<crate::people::acts::invite::Invite>(),
    ActInfo::of::<crate::people::acts::accept_invite::AcceptInvite>(),
    ActInfo::of::<crate::people::acts::change_person::ChangePerson>(),
    ActInfo::of::<crate::people::acts::grant_role::GrantRole>(),
    ActInfo::of::<crate::people::acts::revoke_role::RevokeRole>(),
    ActInfo::of::<crate::people::acts::record_training::RecordTraining>(),
    ActInfo::of::<crate::people::acts::leave::Leave>(),
    ActInfo::of::<crate::people::acts::remind_training::RemindTraining>(),
    ActInfo::of::<crate::people::acts::open_task::OpenTask>(),
    ActInfo::of::<crate::people::acts::settle_task::SettleTask>(),
    // security
    ActInfo::of::<crate::security::acts::make_link::MakeLink>(),
    ActInfo::of::<crate::security::acts::add_credential::AddCredential>(),
    ActInfo::of::<crate::security::acts::remove_credential::RemoveCredential>(),
    ActInfo::of::<crate::security::acts::make_recovery_codes::MakeRecoveryCodes>(),
    ActInfo::of::<crate::security::acts::sign_in::SignIn>(),
    ActInfo::of::<crate::security::acts::end_session::EndSession>(),
    ActInfo::of::<crate::security::acts::issue_token::IssueToken>(),
    ActInfo::of::<crate::security::acts::revoke_token::RevokeToken>(),
    // accounts
    ActInfo::of::<crate::accounts::acts::register::Register>(),
    ActInfo::of::<crate::accounts::acts::change::Change>(),
    ActInfo::of::<crate::accounts::acts::set_monitoring::SetMonitoring>(),
    ActInfo::of::<crate::accounts::acts::connect::Connect>(),
    ActInfo::of::<crate::accounts::acts::disconnect::Disconnect>(),
    ActInfo::of::<crate::accounts::acts::freeze::Freeze>(),
    ActInfo::of::<crate::accounts::acts::thaw::Thaw>(),
    ActInfo::of::<crate::accounts::acts::close::Close>(),
    ActInfo::of::<crate::accounts::acts::renew_connection::RenewConnection>(),
    ActInfo::of::<crate::accounts::acts::mark_connection::MarkConnection>(),
    ActInfo::of::<crate::accounts::acts::allow_host::AllowHost>(),
    ActInfo::of::<crate::accounts::acts::authorise::Authorise>(),
    ActInfo::of::<crate::accounts::acts::withdraw_authorisation::WithdrawAuthorisation>(),
    ActInfo::of::<crate::accounts::acts::record_protection::RecordProtection>(),
    // intake
    ActInfo::of::<crate::intake::acts::receive::Receive>(),
    ActInfo::of::<crate::intake::acts::quarantine::Quarantine>(),
    ActInfo::of::<crate::intake::acts::resolve_quarantine::ResolveQuarantine>(),
    ActInfo::of::<crate::intake::acts::open_gap::OpenGap>(),
    ActInfo::of::<crate::intake::acts::fill_gap::FillGap>(),
    ActInfo::of::<crate::intake::acts::note_complete::NoteComplete>(),
    ActInfo::of::<crate::intake::acts::keep_media::KeepMedia>(),
    // publishing
    ActInfo::of::<crate::publishing::acts::create_draft::CreateDraft>(),
    ActInfo::of::<crate::publishing::acts::edit_draft::EditDraft>(),
    ActInfo::of::<crate::publishing::acts::withdraw_draft::WithdrawDraft>(),
    ActInfo::of::<crate::publishing::acts::publish::Publish>(),
    ActInfo::of::<crate::publishing::acts::schedule::Schedule>(),
    ActInfo::of::<crate::publishing::acts::unschedule::Unschedule>(),
    ActInfo::of::<crate::publishing::acts::send::Send>(),
    ActInfo::of::<crate::publishing::acts::expire::Expire>(),
    ActInfo::of::<crate::publishing::acts::record_sent::RecordSent>(),
    ActInfo::of::<crate::publishing::acts::record_read_back::RecordReadBack>(),
    ActInfo::of::<crate::publishing::acts::take_down::TakeDown>(),
    ActInfo::of::<crate::publishing::acts::escalate::Escalate>(),
    ActInfo::of::<crate::publishing::acts::record_taken_down::RecordTakenDown>(),
    ActInfo::of::<crate::publishing::acts::open_case::OpenCase>(),
    ActInfo::of::<crate::publishing::acts::set_case_stage::SetCaseStage>(),
    ActInfo::of::<crate::publishing::acts::link_case::LinkCase>(),
    // community
    ActInfo::of::<crate::community::acts::hide::Hide>(),
    ActInfo::of::<crate::community::acts::unhide::Unhide>(),
    ActInfo::of::<crate::community::acts::delete::Delete>(),
    ActInfo::of::<crate::community::acts::report::Report>(),
    ActInfo::of::<crate::community::acts::advise::Advise>(),
    ActInfo::of::<crate::community::acts::block::Block>(),
    ActInfo::of::<crate::community::acts::unblock::Unblock>(),
    ActInfo::of::<crate::community::acts::review::Review>(),
    ActInfo::of::<crate::community::acts::settle_prompt::SettlePrompt>(),
    ActInfo::of::<crate::community::acts::record_outcome::RecordOutcome>(),
    // desk
    ActInfo::of::<crate::desk::acts::start_duty::StartDuty>(),
    ActInfo::of::<crate::desk::acts::end_duty::EndDuty>(),
    ActInfo::of::<crate::desk::acts::claim::ClaimMessage>(),
    ActInfo::of::<crate::desk::acts::release_claim::ReleaseClaim>(),
    ActInfo::of::<crate::desk::acts::assess::Assess>(),
    ActInfo::of::<crate::desk::acts::refer::Refer>(),
    ActInfo::of::<crate::desk::acts::note::Note>(),
    ActInfo::of::<crate::desk::acts::route::Route>(),
    ActInfo::of::<crate::desk::acts::escalate::Escalate>(),
    ActInfo::of::<crate::desk::acts::close::Close>(),
    ActInfo::of::<crate::desk::acts::reopen::Reopen>(),
    ActInfo::of::<crate::desk::acts::reply::Reply>(),
    ActInfo::of::<crate::desk::acts::record_reply_sent::RecordReplySent>(),
    ActInfo::of::<crate::desk::acts::contact::Contact>(),
    ActInfo::of::<crate::desk::acts::list_organisation::ListOrganisation>(),
    ActInfo::of::<crate::desk::acts::raise_alert::RaiseAlert>(),
    ActInfo::of::<crate::desk::acts::escalate_alert::EscalateAlert>(),
    ActInfo::of::<crate::desk::acts::acknowledge_alert::AcknowledgeAlert>(),
    // conduct
    ActInfo::of::<crate::conduct::acts::report_breach::ReportBreach>(),
    ActInfo::of::<crate::conduct::acts::close_breach::CloseBreach>(),
    // assurance
    ActInfo::of::<crate::assurance::acts::adopt_pack::AdoptPack>(),
    // records
    ActInfo::of::<crate::records::acts::make_ledger_key::MakeLedgerKey>(),
    ActInfo::of::<crate::records::acts::export_ledger::ExportLedger>(),
    ActInfo::of::<crate::records::acts::place_hold::PlaceHold>(),
    ActInfo::of::<crate::records::acts::lift_hold::LiftHold>(),
    ActInfo::of::<crate::records::acts::dispose::Dispose>(),
];

/// Every kind of job.
static JOBS: &[JobInfo] = &[
    // people
    JobInfo {
        kind: "people.mail_reminder",
        act: "none: it tells a person, and changes nothing",
        attempts: 12,
        most_s: 60,
        run: crate::people::jobs::mail_reminder,
    },
    // security
    JobInfo {
        kind: "security.mail_link",
        act: "none: it carries a link to a person, and changes nothing",
        attempts: 8,
        most_s: 60,
        run: crate::security::jobs::mail_link,
    },
    JobInfo {
        kind: "security.tell_new_device",
        act: "none: it tells people, and changes nothing",
        attempts: 8,
        most_s: 60,
        run: crate::security::jobs::tell_new_device,
    },
    // accounts
    JobInfo { kind: "accounts.renew", act: "accounts.renew_connection", attempts: 30, most_s: 60, run: crate::accounts::jobs::renew },
    JobInfo { kind: "accounts.check", act: "accounts.mark_connection", attempts: 50, most_s: 90, run: crate::accounts::jobs::check },
    // intake
    JobInfo {
        kind: "intake.fetch_media",
        act: "intake.keep_media",
        attempts: crate::intake::media::ATTEMPTS + 2,
        most_s: 90,
        run: crate::intake::media::fetch,
    },
    // publishing
    JobInfo { kind: "publishing.send", act: "publishing.send", attempts: 30, most_s: 60, run: crate::publishing::jobs::send },
    JobInfo {
        kind: "publishing.deliver",
        act: "publishing.record_sent",
        attempts: 1_000,
        most_s: 100,
        run: crate::publishing::jobs::deliver,
    },
    JobInfo {
        kind: "publishing.read_back",
        act: "publishing.record_read_back",
        attempts: 20,
        most_s: 60,
        run: crate::publishing::jobs::read_back,
    },
    JobInfo {
        kind: "publishing.take_down",
        act: "publishing.record_taken_down",
        attempts: 1_000,
        most_s: 100,
        run: crate::publishing::jobs::take_down,
    },
    // community
    JobInfo {
        kind: crate::community::acts::MODERATE,
        act: "community.record_outcome",
        attempts: crate::community::jobs::ATTEMPTS,
        most_s: 90,
        run: crate::community::jobs::moderate,
    },
    // desk
    JobInfo {
        kind: "desk.escalate_alert",
        act: "desk.escalate_alert",
        attempts: 200,
        most_s: 30,
        run: |c, j| Box::pin(crate::desk::jobs::escalate(c, j)),
    },
    JobInfo {
        kind: "desk.mail_alert",
        act: "desk.raise_alert",
        attempts: 12,
        most_s: 60,
        run: |c, j| Box::pin(crate::desk::jobs::mail_alert(c, j)),
    },
    JobInfo {
        kind: "desk.expire_claim",
        act: "desk.release_claim",
        attempts: 20,
        most_s: 30,
        run: |c, j| Box::pin(crate::desk::jobs::expire_claim(c, j)),
    },
    JobInfo {
        kind: "desk.fall_back",
        act: "desk.route",
        attempts: 50,
        most_s: 30,
        run: |c, j| Box::pin(crate::desk::jobs::fall_back(c, j)),
    },
];

/// What follows, in the same transaction, from something that happens in an area which must not know the later one.
static AFTER: &[(&str, &str)] = &[
    ("intake.immediate", "desk.raise_alert"),
    ("intake.quarantined", "desk.raise_alert"),
    ("intake.gap", "desk.raise_alert"),
    ("accounts.needs_person", "desk.raise_alert"),
    ("publishing.reply", "desk.record_reply_sent"),
    ("publishing.not_out", "desk.raise_alert"),
];

/// The act that follows from `event`, where the program has it.
pub fn after(event: &str) -> Option<&'static str> {
    AFTER.iter().find(|(e, _)| *e == event).and_then(|(_, name)| act(name)).map(|a| a.name)
}

/// The account's own recent posts with what is known of each, for platforms that must be asked what became of them.
pub async fn own_posts(
    ctx: &Ctx,
    account: bluelamp_domain::ids::AccountId,
    since: Instant,
) -> Result<Vec<bluelamp_platforms::Known>, DbError> {
    let mut tx = ctx.read().await?;
    let posts = crate::publishing::store::live_posts(&mut tx, ctx.force, account, since, 50).await?;
    Ok(posts.into_iter().map(|(remote_id, revision)| bluelamp_platforms::Known { remote_id, revision }).collect())
}

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
    bluelamp_triage::Engine::compile(&signal_files(pack)?, &format!("{} {}", pack.name(), pack.version())).map_err(|e| e.to_string())
}

fn signal_files(pack: &bluelamp_policy::Pack) -> Result<Vec<bluelamp_triage::SignalFile>, String> {
    bluelamp_triage::SignalFile::parse_all(pack.triage_files()).map_err(|e| e.to_string())
}

/// Runs the cases that stand in a pack's triage texts: how many there are, and those that fail.
pub fn triage_cases(pack: &bluelamp_policy::Pack, engine: &bluelamp_triage::Engine) -> Result<(usize, Vec<String>), String> {
    let files = signal_files(pack)?;
    let ran = files.iter().flat_map(|f| &f.signal).map(|s| s.case.len()).sum();
    Ok((ran, engine.run_cases(&files).iter().map(ToString::to_string).collect()))
}

/// Nobody else runs on this database: what a killed program had in hand is free at once, instead of when its leases end.
pub async fn take_over(app: &App) -> Result<(), DbError> {
    let freed = crate::db::doors::free_jobs(&app.db).await?;
    for force in crate::db::doors::forces(&app.db).await? {
        let mut tx = app.db.write(force.id, crate::db::Isolation::ReadCommitted).await?;
        crate::intake::store::free_leases(&mut tx, force.id).await?;
        crate::publishing::store::end_lost_attempts(&mut tx, force.id, app.clock.now()).await?;
        tx.commit().await?;
    }
    if freed > 0 {
        tracing::info!(jobs = freed, "the program had not ended in good order; what it had in hand goes on now");
    }
    Ok(())
}

/// What runs beside the listeners for as long as the program does.
pub fn workers(app: &App, stop: &tokio::sync::watch::Receiver<bool>) -> Vec<futures_util::future::BoxFuture<'static, ()>> {
    vec![
        Box::pin(crate::intake::worker::run(app.clone(), stop.clone())),
        Box::pin(crate::security::watch::run(app.clone(), stop.clone())),
        Box::pin(crate::people::watch::run(app.clone(), stop.clone())),
        Box::pin(crate::records::sweep::run(app.clone(), stop.clone())),
    ]
}

/// The alerts that a person may see and nobody has acknowledged: the bar on top of every page.
pub async fn alerts(ctx: &Ctx, tx: &mut Tx) -> Result<Vec<OpenAlert>, DbError> {
    crate::desk::alarm::open(ctx, tx).await
}

/// What later areas know of the accounts that a person may see, for the register.
pub async fn register_extras(
    ctx: &Ctx,
    tx: &mut Tx,
) -> Result<BTreeMap<bluelamp_domain::ids::AccountId, crate::accounts::pages::Extra>, DbError> {
    use crate::accounts::pages::Extra;
    let mut all: BTreeMap<_, Extra> = BTreeMap::new();
    for (account, n) in crate::intake::queue::store::open_by_account(tx, ctx.force, &ctx.scope).await? {
        all.entry(account).or_default().unanswered = u64::try_from(n).unwrap_or(0);
    }
    for span in crate::intake::store::open_spans(tx, ctx.force).await? {
        let extra = all.entry(span.account).or_default();
        match span.kind.as_str() {
            "gap" => extra.gap_from = Some(span.from_at),
            _ => extra.complete_since = Some(span.from_at),
        }
    }
    let now = ctx.now();
    const WEEK: i64 = 7 * bluelamp_domain::time::DAY;
    for (account, at) in crate::accounts::store::sent_since(tx, ctx.force, now.plus(-13 * WEEK)).await? {
        let weeks = &mut all.entry(account).or_default().weeks;
        weeks.resize(13, 0);
        let ago = usize::try_from((now.0 - at.0).max(0) / WEEK).unwrap_or(12).min(12);
        weeks[12 - ago] += 1;
    }
    Ok(all)
}

/// What a person is authorised for, for their page.
pub async fn authorisations(
    ctx: &Ctx,
    person: &crate::people::store::PersonRecord,
) -> Result<crate::security::pages::people::Authorisations, crate::act::Fault> {
    crate::accounts::pages::authorisations(ctx, person).await
}

/// What was removed in the last 12 months, by ground, for the public; community counts it.
pub async fn removed(
    tx: &mut Tx,
    pack: &bluelamp_policy::Pack,
    force: bluelamp_domain::ids::ForceId,
    now: Instant,
) -> Result<crate::accounts::public::Removed, DbError> {
    let counts = crate::community::public::counts(tx, pack.words(), force, now).await?;
    Ok(crate::accounts::public::Removed {
        blocked: counts.iter().map(|c| c.blocked).sum(),
        by_ground: counts.into_iter().filter(|c| c.removed > 0).map(|c| (c.ground, c.removed)).collect(),
    })
}

/// The connectors there are. The demonstration has the rehearsal alone and can reach nobody; a live installation has
/// everything, the rehearsal too, for training before access and exercises.
pub fn connectors(live: bool) -> BTreeMap<String, Arc<dyn Connector>> {
    let mut all: Vec<Arc<dyn Connector>> = vec![Arc::new(bluelamp_platforms::rehearsal::Rehearsal::default())];
    if live || cfg!(test) {
        all.push(Arc::new(bluelamp_platforms::bluesky::Bluesky::new()));
        all.push(Arc::new(bluelamp_platforms::mastodon::Mastodon::default()));
    }
    all.into_iter().map(|c| (c.capabilities().platform.clone(), c)).collect()
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error(transparent)]
    Blobs(#[from] crate::db::blobs::BlobError),
    #[error(transparent)]
    Vault(#[from] crate::vault::VaultError),
    #[error(transparent)]
    Assets(#[from] crate::http::assets::AssetsError),
    #[error("{0}")]
    Other(String),
}

/// The program's parts, made of the configuration.
pub async fn build(config: Config, place: Place, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, live: bool) -> Result<App, StartError> {
    std::fs::create_dir_all(&config.data)
        .map_err(|e| StartError::Other(format!("cannot make the data folder `{}`: {e}", config.data.display())))?;
    let db = Db::open(&place).await?;
    let key = config.data.join("master.key");
    // The key is made after the database is: where there is a key and nothing else, the database is not what it was.
    if matches!(place, Place::Lite(_)) && key.exists() && crate::db::doors::mode(&db).await?.is_none() {
        return Err(StartError::Other(format!(
            "the database in `{}` is empty although this folder has been in use: it was lost or cut short; restore the newest backup, or give a new folder",
            config.data.display()
        )));
    }
    crate::db::doors::set_mode(&db, if live { "live" } else { "demo" }, clock.now()).await?;
    let master = master_key(&key, &*entropy)?;
    let blobs = match &config.objects {
        None => crate::db::blobs::Blobs::folder(config.data.join("objects"))?,
        Some(settings) => s3(settings, &*entropy).await?,
    };
    let connectors = connectors(live);
    let bounds = crate::http::egress::Bounds { timeout_ms: config.egress.timeout_s.clamp(1, 60) * 1_000, ..Default::default() };
    let ways = crate::http::egress::Ways::new(config.egress.private, bounds, clock.clone(), entropy.clone())
        .map_err(|e| StartError::Other(format!("no way out could be made: {e}")))?;
    let parts = crate::app::Parts {
        db,
        clock,
        entropy,
        live,
        connectors,
        egress: Arc::new(move |who| ways.of(who)),
        blobs,
        vault: crate::vault::Vault::new(master)?,
        events: crate::live::Live::default(),
        together: crate::db::together::Together::default(),
        turns: crate::turns::Turns::default(),
        stir: tokio::sync::Notify::new(),
        stir_jobs: tokio::sync::Notify::new(),
        assets: crate::http::assets::Assets::load()?,
        budgets: crate::http::api::Budgets::default(),
        config,
    };
    Ok(App::new(parts))
}

/// The S3-compatible store, tried out before anything relies on it.
async fn s3(settings: &crate::config::Objects, entropy: &dyn Entropy) -> Result<crate::db::blobs::Blobs, StartError> {
    let told = |e: crate::db::blobs::BlobError| {
        StartError::Other(format!(
            "the bucket `{}` at {} cannot be used: {e}; check [objects] in the configuration",
            settings.bucket, settings.endpoint
        ))
    };
    let (key_id, secret) = (crate::config::secret_file(&settings.key_id_file)?, crate::config::secret_file(&settings.secret_file)?);
    let blobs = crate::db::blobs::Blobs::s3(settings, &key_id, &secret).map_err(told)?;
    let mut mark = [0; 8];
    entropy.fill(&mut mark);
    blobs.try_out(&hex::encode(mark)).await.map_err(told)?;
    Ok(blobs)
}

/// The master key: 32 bytes in a file only its owner reads; made on the first start.
fn master_key(path: &std::path::Path, entropy: &dyn Entropy) -> Result<crate::vault::Secret, StartError> {
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    let told = |e: std::io::Error| StartError::Other(format!("the master key `{}`: {e}", path.display()));
    // A systemd credential comes first where there is one.
    if let Some(dir) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        let credential = std::path::Path::new(&dir).join("bluelamp-master-key");
        if credential.is_file() {
            return Ok(crate::vault::Secret::new(std::fs::read(credential).map_err(told)?));
        }
    }
    if path.exists() {
        if std::fs::metadata(path).map_err(told)?.mode() & 0o077 != 0 {
            return Err(StartError::Other(format!("the master key `{}` can be read by others; run: chmod 600 on it", path.display())));
        }
        return Ok(crate::vault::Secret::new(std::fs::read(path).map_err(told)?));
    }
    let mut key = [0; 32];
    entropy.fill(&mut key);
    // Written beside it and moved there whole: a program killed in between leaves no half of a key, and one that meets
    // another's key takes that.
    let (folder, beside) = (path.parent().unwrap_or(path), path.with_extension(format!("key.{}", hex::encode(&key[..4]))));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(told)?;
    file.write_all(&key).and_then(|()| file.sync_all()).map_err(told)?;
    let moved = std::fs::hard_link(&beside, path);
    std::fs::remove_file(&beside).map_err(told)?;
    match moved {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            return Ok(crate::vault::Secret::new(std::fs::read(path).map_err(told)?));
        }
        moved => moved.map_err(told)?,
    }
    std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(told)?;
    Ok(crate::vault::Secret::new(key.to_vec()))
}

/// The machine's clock.
pub struct MachineClock;

impl Clock for MachineClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Instant {
        Instant::from(jiff::Timestamp::now())
    }
}

/// The machine's clock as the rehearsal platform, a world of its own, takes it: microseconds since 1970.
pub fn machine_micros() -> i64 {
    MachineClock.now().0
}

/// The operating system's random source.
pub struct MachineEntropy;

impl Entropy for MachineEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that draws random bytes")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}
