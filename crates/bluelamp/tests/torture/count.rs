//! The count: what the world was told, against what the database, the object store, the platform and the ledger hold.

use super::place::{Base, HANDLE, Place};
use super::program::Program;
use super::story::{Notes, Stage};
use bluelamp_platforms::rehearsal::wire::What;
use sqlx::{AssertSqlSafe, Connection, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

/// The database, read from outside.
pub enum Ask {
    Lite(sqlx::SqliteConnection),
    Pg(sqlx::PgConnection),
}

impl Ask {
    /// Nothing while the database is not there.
    pub async fn open(place: &Place) -> Option<Ask> {
        match &place.base {
            Base::Lite => {
                let path = place.dir.path().join("data/bluelamp.sqlite3");
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(5));
                sqlx::SqliteConnection::connect_with(&options).await.ok().map(Ask::Lite)
            }
            Base::Pg { owner, .. } => {
                let mut c = sqlx::PgConnection::connect(owner).await.ok()?;
                // Row-level security binds the owner too.
                sqlx::query("SELECT set_config('bluelamp.force', $1, false)").bind(place.force.to_string()).execute(&mut c).await.ok()?;
                Some(Ask::Pg(c))
            }
        }
    }

    /// Rows of two texts, `a` and `b`. `{id}` and `{id:column}` are ids as text.
    pub async fn pairs(&mut self, sql: &str) -> Vec<(String, String)> {
        let lite = matches!(self, Ask::Lite(_));
        let mut text = sql.to_owned();
        while let Some(from) = text.find("{id") {
            let until = from + text[from..].find('}').expect("a token ends");
            let column = text[from + 3..until].trim_start_matches(':').to_owned();
            let column = if column.is_empty() { "id".to_owned() } else { column };
            let as_text = if lite { format!("lower(hex({column}))") } else { format!("replace({column}::text, '-', '')") };
            text.replace_range(from..=until, &as_text);
        }
        match self {
            Ask::Lite(c) => {
                let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(c).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
                rows.iter().map(|r| (r.get("a"), r.get("b"))).collect()
            }
            Ask::Pg(c) => {
                let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(c).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
                rows.iter().map(|r| (r.get("a"), r.get("b"))).collect()
            }
        }
    }

    /// How often each text of column `a` is there.
    async fn tally(&mut self, sql: &str) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for (a, _) in self.pairs(sql).await {
            *all.entry(a).or_default() += 1;
        }
        all
    }

    async fn number(&mut self, sql: &str) -> i64 {
        let sql = format!("SELECT {} AS a, '' AS b", cast(&format!("({sql})")));
        self.pairs(&sql).await[0].0.parse().expect("a number")
    }
}

fn cast(of: &str) -> String {
    format!("CAST({of} AS TEXT)")
}

/// Waits until nothing is left to be done: bodies, entries, jobs, calls, and one whole poll since the last start. A lease
/// that a killed program left must have ended by itself by then.
pub async fn at_rest(stage: &Stage, program: &Program, restarted: i64) {
    let deadline = Instant::now() + Duration::from_secs(150);
    loop {
        let left = left(stage, restarted).await;
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "still at work after 150 s: {left:?}\n{}", program.last_words());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Waits for the account's first poll.
pub async fn polled(stage: &Stage, program: &Program) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let mut ask = Ask::open(&stage.place).await.expect("the database is there");
        if ask.number("SELECT COUNT(*) FROM intake_cursor WHERE good_at IS NOT NULL").await > 0 {
            return;
        }
        assert!(Instant::now() < deadline, "the account was not polled within a minute:\n{}", program.last_words());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn left(stage: &Stage, restarted: i64) -> Vec<String> {
    let Some(mut ask) = Ask::open(&stage.place).await else { return vec!["the database".into()] };
    let now = bluelamp::wiring::machine_micros();
    let waits = [
        ("bodies of which nothing was made", "SELECT COUNT(*) FROM intake_todo".to_owned()),
        ("entries without a place", "SELECT COUNT(*) FROM ledger_pending".to_owned()),
        ("jobs that are due", format!("SELECT COUNT(*) FROM job WHERE state = 'waiting' AND not_before <= {now}")),
        ("leases", format!("SELECT COUNT(*) FROM job WHERE state = 'waiting' AND leased_until > {now}")),
        ("posts under way", "SELECT COUNT(*) FROM post WHERE state IN ('waiting', 'unknown', 'leaving')".to_owned()),
        ("pictures", "SELECT COUNT(*) FROM media WHERE state = 'waiting'".to_owned()),
        ("accounts not polled since", format!("SELECT COUNT(*) FROM intake_cursor WHERE good_at IS NULL OR good_at < {restarted}")),
    ];
    let mut left = Vec::new();
    for (what, sql) in waits {
        let n = ask.number(&sql).await;
        if n > 0 {
            left.push(format!("{n} {what}"));
        }
    }
    if !left.is_empty() {
        let jobs =
            format!("SELECT kind AS a, COALESCE(last_error, '') AS b FROM job WHERE state = 'waiting' AND not_before <= {now} LIMIT 5");
        left.extend(ask.pairs(&jobs).await.into_iter().map(|(a, b)| format!("{a}: {b}")));
    }
    left
}

/// The ledger, exported by the program.
pub async fn export(stage: &Stage, program: &Program) -> PathBuf {
    let file = stage.place.dir.path().join("ledger.export");
    let path = file.to_string_lossy().into_owned();
    program
        .command(&[
            "ledger",
            "export",
            "--force",
            "exampleshire",
            "--as",
            "lowri@exampleshire.example",
            "--reason",
            "torture",
            "--out",
            &path,
        ])
        .await;
    file
}

/// Everything that must be so.
pub async fn all(stage: &Stage, ledger: &std::path::Path) {
    let mut ask = Ask::open(&stage.place).await.expect("the database is there");
    let notes = stage.note(std::mem::take);
    let wrong = [
        incoming(stage, &mut ask, &notes).await,
        revisions(&mut ask, &notes).await,
        acts(stage, &mut ask, &notes).await,
        outgoing(stage, &mut ask, &notes).await,
        objects(stage, &mut ask).await,
        jobs(&mut ask).await,
    ]
    .concat();
    verified(ledger);
    if let Ask::Lite(c) = &mut ask {
        let (sound,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(c).await.expect("it can be checked");
        assert_eq!(sound, "ok");
    }
    for line in notes.refusals.iter().take(5) {
        println!("{}: held or refused on the way: {line}", stage.place.name);
    }
    let shown = wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(
        wrong.is_empty(),
        "{}: {} things are not as they must be (BLUELAMP_SEED={}):\n  {shown}",
        stage.place.name,
        wrong.len(),
        stage.seed
    );
    if let (Base::Pg { owner, .. }, Ask::Pg(c)) = (&stage.place.base, ask) {
        c.close().await.expect("it closes");
        let name = owner.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
        let mut url: url::Url = owner.parse().expect("an address");
        url.set_path("postgres");
        if let Ok(mut c) = sqlx::PgConnection::connect(url.as_str()).await {
            let _ = sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut c).await;
        }
    }
}

/// I5: what was answered 200, and what the public ever wrote, is a message or in quarantine, once.
async fn incoming(stage: &Stage, ask: &mut Ask, notes: &Notes) -> Vec<String> {
    let messages = ask.tally("SELECT remote_id AS a, '' AS b FROM message").await;
    let aside = ask.tally("SELECT r.digest AS a, '' AS b FROM quarantine q JOIN intake_raw r ON r.force = q.force AND r.id = q.raw").await;
    let kept = ask.tally("SELECT digest AS a, '' AS b FROM intake_raw WHERE source = 'webhook'").await;
    let mut wrong = Vec::new();
    let mut acknowledged = 0;
    for sent in &notes.sent {
        acknowledged += usize::from(sent.acknowledged);
        let bodies = kept.get(&sent.digest).copied().unwrap_or(0);
        if bodies > 1 || sent.acknowledged && bodies != 1 {
            wrong.push(format!("a body (acknowledged: {}) is kept {bodies} times", sent.acknowledged));
        }
        for id in &sent.created {
            let n = messages.get(id).copied().unwrap_or(0);
            if n > 1 || bodies == 1 && n != 1 {
                wrong.push(format!("message {id} (acknowledged: {}) is there {n} times", sent.acknowledged));
            }
        }
        let quarantined = aside.get(&sent.digest).copied().unwrap_or(0);
        if !sent.readable && bodies != quarantined {
            wrong.push(format!("an unreadable body is kept {bodies} times and in quarantine {quarantined} times"));
        }
    }
    let mut said = 0;
    for event in stage.place.platform.events() {
        if let What::Created { message } = event.what {
            said += 1;
            let n = messages.get(&message.id).copied().unwrap_or(0);
            if n != 1 {
                wrong.push(format!("what the public wrote as {} is there {n} times", message.id));
            }
        }
    }
    println!(
        "{}: {acknowledged} of {} webhooks acknowledged, {said} sayings of the public, {} messages",
        stage.place.name,
        notes.sent.len(),
        messages.len()
    );
    assert!(acknowledged > 0 && said > 0, "nothing came in: this run would hold nothing");
    wrong
}

/// Each revision once, and I1: an entry for each message and each revision of it.
async fn revisions(ask: &mut Ask, notes: &Notes) -> Vec<String> {
    let revisions = ask.tally("SELECT m.remote_id || '/' || v.revision AS a, '' AS b FROM message_revision v JOIN message m ON m.force = v.force AND m.id = v.message").await;
    let mut wrong = Vec::new();
    for (remote, revision) in notes.sent.iter().filter(|s| s.acknowledged).filter_map(|s| s.edited.as_ref()) {
        let n = revisions.get(&format!("{remote}/{revision}")).copied().unwrap_or(0);
        if n != 1 {
            wrong.push(format!("revision {revision} of {remote} is there {n} times"));
        }
    }
    let written = ask.number("SELECT COUNT(*) FROM message_revision").await;
    let body = match ask {
        Ask::Lite(_) => "CAST(body AS TEXT)",
        Ask::Pg(_) => "convert_from(body, 'UTF8')",
    };
    let entries =
        ask.pairs(&format!("SELECT {body} AS a, '' AS b FROM ledger_entry WHERE act = 'intake.receive' AND decision = 'done'")).await;
    let recorded = entries.iter().filter(|(body, _)| body.contains("\"change\":")).count();
    if usize::try_from(written).ok() != Some(recorded) {
        wrong.push(format!("{written} messages and revisions, but {recorded} entries of them"));
    }
    wrong
}

/// Every act that was answered done is there once, with one entry (I1).
async fn acts(stage: &Stage, ask: &mut Ask, notes: &Notes) -> Vec<String> {
    let mut wrong = Vec::new();
    let people = [stage.place.desk.1, stage.place.publisher.1].map(|p| format!("'{p}'")).join(", ");
    let entries = ask.tally(&format!("SELECT act || ' ' || decision AS a, '' AS b FROM ledger_entry WHERE principal IN ({people})")).await;
    let mut answered = BTreeMap::<String, usize>::new();
    for a in &notes.answered {
        *answered.entry(format!("{} {}", a.act, a.outcome)).or_default() += 1;
    }
    for (what, n) in &answered {
        let recorded = entries.get(what).copied().unwrap_or(0);
        if recorded != *n {
            wrong.push(format!("`{what}` was answered {n} times and is recorded {recorded} times"));
        }
    }
    let marks = ask.tally("SELECT text AS a, '' AS b FROM message_note UNION ALL SELECT text AS a, '' AS b FROM draft").await;
    for a in notes.answered.iter().filter(|a| a.outcome == "done" && !a.mark.is_empty() && a.act != "publishing.publish") {
        // A reply is a draft of its own kind.
        let n = marks.get(&a.mark).copied().unwrap_or(0);
        if n != 1 {
            wrong.push(format!("`{}` was answered done, and what it made is there {n} times: {}", a.act, a.mark));
        }
    }
    println!("{}: {answered:?}", stage.place.name);
    let done = |act: &str| answered.get(&format!("{act} done")).copied().unwrap_or(0);
    assert!(done("desk.note") > 0 && done("publishing.publish") > 0, "nothing was done: {:?}", notes.refusals.first());
    wrong
}

/// What is out is out once; what the database says of it is what the platform shows.
async fn outgoing(stage: &Stage, ask: &mut Ask, notes: &Notes) -> Vec<String> {
    let mut wrong = Vec::new();
    let posted = stage.place.platform.posted(HANDLE);
    let mut out = BTreeMap::<&str, (usize, bool)>::new();
    for (post, stands) in &posted {
        let e = out.entry(post.text.as_str()).or_default();
        *e = (e.0 + 1, *stands);
    }
    let known = ask.pairs("SELECT text AS a, state AS b FROM post").await;
    let mut texts = BTreeSet::new();
    let mut live = 0;
    for (text, state) in &known {
        texts.insert(text.as_str());
        let (n, stands) = out.get(text.as_str()).copied().unwrap_or_default();
        live += usize::from(state == "live" || state == "sent");
        let fits = match state.as_str() {
            "live" | "sent" => n == 1 && stands,
            "gone" => n <= 1 && !stands,
            _ => n == 0,
        };
        if !fits {
            wrong.push(format!("a post is `{state}` here and was published {n} times (stands: {stands}): {text}"));
        }
    }
    for (text, (n, _)) in &out {
        if *n != 1 || !texts.contains(text) {
            wrong.push(format!("the platform has {n} times what is ours {}: {text}", texts.contains(text)));
        }
    }
    for a in notes.answered.iter().filter(|a| a.act == "publishing.publish" && a.outcome == "done") {
        if !texts.contains(a.mark.as_str()) {
            wrong.push(format!("was to be published, and there is no post of it: {}", a.mark));
        }
    }
    println!("{}: {live} posts and replies out, {} on the platform", stage.place.name, posted.len());
    assert!(live > 0, "nothing went out: this run would hold nothing");
    wrong
}

/// Rows that name an object have it, whole.
async fn objects(stage: &Stage, ask: &mut Ask) -> Vec<String> {
    let named = ask
        .pairs("SELECT object AS a, 'raw' AS b FROM intake_raw WHERE object IS NOT NULL UNION ALL SELECT object AS a, 'medium' AS b FROM media WHERE object IS NOT NULL UNION ALL SELECT copy AS a, 'copy' AS b FROM media WHERE copy IS NOT NULL")
        .await;
    let folder = stage.place.dir.path().join("data/objects").join(stage.place.force.to_string());
    let mut wrong = Vec::new();
    for (hash, of) in &named {
        use sha2::Digest;
        match std::fs::read(folder.join(hash)) {
            Ok(bytes) if hex::encode(sha2::Sha256::digest(&bytes)) == *hash => {}
            Ok(_) => wrong.push(format!("the object {hash} of a {of} is not what its name says")),
            Err(e) => wrong.push(format!("the object {hash} of a {of}: {e}")),
        }
    }
    println!("{}: {} rows name an object", stage.place.name, named.len());
    wrong
}

/// No job was given up but those that cannot be done here: no mail is set up.
async fn jobs(ask: &mut Ask) -> Vec<String> {
    let given_up =
        ask.pairs("SELECT kind AS a, COALESCE(last_error, '') AS b FROM job WHERE state = 'given-up' AND kind <> 'desk.mail_alert'").await;
    given_up.into_iter().map(|(kind, why)| format!("the job {kind} was given up: {why}")).collect()
}

/// The separate program proves the export, without the server and without the database.
fn verified(ledger: &std::path::Path) {
    let verify = std::path::Path::new(env!("CARGO_BIN_EXE_bluelamp")).with_file_name("verify");
    assert!(verify.is_file(), "the verifier is not built: run cargo build -p bluelamp-ledger");
    let out = std::process::Command::new(verify).arg(ledger).output().expect("it runs");
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "the ledger is not proven: {said}{}", String::from_utf8_lossy(&out.stderr));
    println!("the ledger is proven: {}", said.lines().next().unwrap_or_default());
}
