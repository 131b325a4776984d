//! `bluelamp account …`: register and connect from the command line, as a person and under that person's policy. Secrets
//! are read from the terminal's input or a file, never from the arguments, where others on the machine could see them.

use super::acts::register::Register;
use super::exchange::{self, Exchanged};
use super::store;
use crate::act::{Ctx, Outcome};
use crate::app::App;
use crate::db::doors;
use bluelamp_domain::accounts::{AccountKind, Monitor};
use bluelamp_domain::ids::{AccountId, PersonId};
use bluelamp_platforms::{Asked, Given};
use std::io::{BufRead, Write};
use std::path::Path;

/// Why it failed, in a sentence.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Whom and what a command is about.
#[derive(Debug, Clone)]
pub struct Whose {
    /// The force's short name; may be left out where there is one force.
    pub force: Option<String>,
    /// The person's e-mail address or id.
    pub person: String,
}

/// The context of the person who acts.
pub async fn ctx(app: &App, whose: &Whose) -> Result<Ctx, Failure> {
    let all = doors::forces(&app.db).await?;
    let force = match (&whose.force, all.as_slice()) {
        (Some(slug), all) => all.iter().find(|f| f.slug == *slug).ok_or_else(|| format!("no force is called `{slug}` here"))?,
        (None, [only]) => only,
        (None, []) => return Err("no force is set up yet: run `bluelamp force add`".into()),
        (None, _) => return Err("there are several forces: say which with --force".into()),
    };
    let mut tx = app.db.read(force.id).await?;
    let id = match whose.person.parse::<PersonId>() {
        Ok(id) => Some(id),
        Err(_) => crate::people::store::person_by_email(&mut tx, force.id, &whose.person).await?,
    };
    drop(tx);
    let id = id.ok_or_else(|| format!("`{}` is not a person of {}", whose.person, force.title))?;
    // Whoever has the machine in hand vouches for the second factor; the entry says that this was no session.
    crate::http::session::context(app, force.id, id, &force.zone, None, None)
        .await
        .map_err(|e| e.to_string())?
        .ok_or_else(|| format!("`{}` is not active", whose.person).into())
}

/// What the command was given.
#[derive(Debug, Clone)]
pub struct Connecting {
    pub platform: String,
    pub handle: String,
    /// For an account that is not in the register yet.
    pub title: Option<String>,
    pub purpose: Option<String>,
    pub url: Option<String>,
    /// A file of `key = value` lines; without it, the terminal is asked.
    pub secrets: Option<std::path::PathBuf>,
}

/// Registers the account where it is new, asks for what its platform needs, and connects it.
pub async fn connect(ctx: &Ctx, what: &Connecting) -> Result<AccountId, Failure> {
    let connector = ctx
        .app
        .connector(&what.platform)
        .ok_or_else(|| format!("there is no connector for `{}`; there are: {}", what.platform, known(&ctx.app)))?
        .clone();
    let found = {
        let mut tx = ctx.read().await?;
        store::by_handle(&mut tx, ctx.force, &what.platform, &what.handle).await?
    };
    let account = match found {
        Some(id) => id,
        None => register(ctx, what).await?,
    };
    let given = match &what.secrets {
        Some(path) => from_file(path, &connector.asks())?,
        None => from_terminal(&connector.asks())?,
    };
    match exchange::connect(ctx, account, &given).await.map_err(|e| e.to_string())? {
        Exchanged::Acted(outcome) => expect(outcome).map(|_| account),
        Exchanged::Not(why) => Err(format!("{} did not connect the account: {why}", connector.capabilities().title).into()),
    }
}

fn known(app: &App) -> String {
    app.connectors.keys().cloned().collect::<Vec<_>>().join(", ")
}

async fn register(ctx: &Ctx, what: &Connecting) -> Result<AccountId, Failure> {
    let act = Register {
        platform: what.platform.clone(),
        handle: what.handle.clone(),
        title: what.title.clone().unwrap_or_else(|| what.handle.clone()),
        kind: AccountKind::Main,
        area: String::new(),
        owner: ctx.principal.person(),
        purpose: what.purpose.clone().ok_or("the account is not in the register: say what it is for with --purpose")?,
        url: what.url.clone().unwrap_or_default(),
        monitored_by: vec![Monitor::Contact],
        hours: String::new(),
        // An official account is published unless the register says otherwise (APP-SEC-5).
        public_listed: true,
        in_use: true,
        investigative: false,
        role_allows_individual: false,
    };
    let done = expect(ctx.act(act).await.map_err(|e| e.to_string())?)?;
    done.id.map(AccountId).ok_or_else(|| "the account was entered without an id".into())
}

fn expect(outcome: Outcome) -> Result<crate::act::Done, Failure> {
    match outcome {
        Outcome::Done(done) => Ok(done),
        Outcome::Held { reasons, .. } => Err(format!("this waits for someone's agreement: {}", said(&reasons)).into()),
        Outcome::Refused { reasons, .. } => Err(said(&reasons).into()),
    }
}

fn said(reasons: &[bluelamp_domain::decision::Reason]) -> String {
    reasons.iter().map(|r| r.says.as_str()).collect::<Vec<_>>().join(" ")
}

/// `key = value` lines; a file that others can read is refused.
fn from_file(path: &Path, asks: &[Asked]) -> Result<Given, Failure> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata(path)?.mode() & 0o077 != 0 {
        return Err(format!("others can read `{}`; run: chmod 600 on it", path.display()).into());
    }
    let text = std::fs::read_to_string(path)?;
    parse(&text, asks)
}

fn parse(text: &str, asks: &[Asked]) -> Result<Given, Failure> {
    let mut given = Given::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let (key, value) = line.split_once('=').ok_or("each line of the file must be `key = value`")?;
        let key = key.trim();
        if !asks.iter().any(|a| a.key == key) {
            let keys = asks.iter().map(|a| a.key.as_str()).collect::<Vec<_>>().join(", ");
            return Err(format!("the platform asks for no `{key}`; it asks for: {keys}").into());
        }
        given.insert(key.to_owned(), value.trim().to_owned());
    }
    Ok(given)
}

/// Asks line by line. Secrets are not shown where the input is a terminal.
fn from_terminal(asks: &[Asked]) -> Result<Given, Failure> {
    let stdin = std::io::stdin();
    let mut given = Given::new();
    for asked in asks {
        eprint!("{} ({}): ", asked.label, asked.hint);
        std::io::stderr().flush()?;
        let _hidden = asked.secret.then(Hidden::on);
        let mut line = String::new();
        stdin.lock().read_line(&mut line)?;
        let value = line.trim();
        if !value.is_empty() {
            given.insert(asked.key.clone(), value.to_owned());
        }
    }
    Ok(given)
}

/// While it lives, the terminal shows nothing of what is typed; where there is no terminal, nothing happens.
struct Hidden;

impl Hidden {
    fn on() -> Hidden {
        stty("-echo");
        Hidden
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        stty("echo");
        eprintln!();
    }
}

fn stty(how: &str) {
    use std::io::IsTerminal;
    if std::io::stdin().is_terminal() {
        // Without it the secret is seen by whoever typed it, and by nobody else.
        let _ = std::process::Command::new("stty").arg(how).stdin(std::process::Stdio::inherit()).status();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_secrets_holds_what_the_platform_asks_for_and_nothing_else() {
        let asked = |key: &str| Asked { key: key.into(), label: String::new(), hint: String::new(), secret: true };
        let asks = [asked("handle"), asked("password")];
        let given = parse("# invented\nhandle = @force.example\npassword=a=b\n\n", &asks).unwrap();
        assert_eq!(given["password"], "a=b");
        assert!(parse("passwort = x", &asks).unwrap_err().to_string().contains("handle, password"));
        assert!(parse("no sign", &asks).is_err());
    }
}
