//! `accounts.connect`: the product takes an account's credentials into the vault; nobody else holds them (APP-SEC-7).
//!
//! The exchange with the platform happened before, outside any transaction; this act is given its result sealed, so
//! that no credential stands in an act's input, in a held act or in an idempotency row (I7).

use super::{about, seen};
use crate::accounts::store::{self, AccountRow, ConnectionRow};
use crate::accounts::{can, connection};
use crate::act::{Act, Done, Env, Stop};
use crate::db::{DbError, Tx};
use base64::Engine;
use bluelamp_domain::accounts::{self as rules, AccountState, fold_handle};
use bluelamp_domain::act::{Entry, Job, Permit, Refusal, Step};
use bluelamp_domain::ids::AccountId;
use bluelamp_domain::question::Question;
use bluelamp_domain::time::{HOUR, Instant};
use bluelamp_platforms::{Connection, Intake};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Connect {
    pub account: AccountId,
    /// The credentials as the vault sealed them for this account.
    pub sealed: String,
}

pub struct Facts {
    account: AccountRow,
    opened: Option<Connection>,
    version: i64,
    turn: i64,
}

pub struct Change {
    account: AccountId,
    row: ConnectionRow,
    state: AccountState,
    before: AccountRow,
    remote: String,
    /// Hash and turn of the new webhook address, where the platform sends any.
    hook: Option<(Vec<u8>, i64)>,
}

impl Act for Connect {
    const NAME: &'static str = "accounts.connect";
    const SAYS: &'static str = "Store an account's credentials, as sealed by this installation, and begin to read it.";
    type Facts = Facts;
    type Change = Change;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let account = seen(tx, env, self.account).await?;
        let opened = base64::engine::general_purpose::STANDARD
            .decode(&self.sealed)
            .ok()
            .and_then(|sealed| connection::open(env.app, env.force, self.account, &sealed));
        let version = store::connection(tx, env.force, self.account).await?.map_or(0, |c| c.version);
        let turn = store::hook_turn(tx, env.force, self.account).await?;
        Ok(Facts { account, opened, version, turn })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Change>, Refusal> {
        let a = &facts.account;
        let state = rules::connect(a.state)?;
        let opened = facts.opened.as_ref().ok_or_else(|| {
            Refusal::new("not-sealed-here", "these credentials were not sealed for this account; connect it from its page")
        })?;
        let connector = env
            .app
            .connector(&a.platform)
            .ok_or_else(|| Refusal::new("no-connector", format!("this installation has no connector for `{}`", a.platform)))?;
        if !a.remote_account.is_empty() && a.remote_account != opened.remote_account {
            return Err(Refusal::new(
                "another-account",
                format!("these credentials belong to another account, `{}`; use those of `{}`", opened.handle, a.handle),
            ));
        }
        if a.remote_account.is_empty() && !same_handle(&a.handle, &opened.handle) {
            return Err(Refusal::new(
                "another-handle",
                format!("these credentials belong to `{}`, the register says `{}`; mend whichever is wrong", opened.handle, a.handle),
            ));
        }
        let limits = connector.limits(opened);
        let sealed = base64::engine::general_purpose::STANDARD.decode(&self.sealed).unwrap_or_default();
        let row = ConnectionRow {
            account: a.id,
            sealed,
            base: opened.base.clone(),
            handle: opened.handle.clone(),
            can: can(&limits),
            state: "working".into(),
            why: String::new(),
            state_since: env.at(),
            connected_at: env.at(),
            renewed_at: env.at(),
            checked_at: env.at(),
            expires_at: opened.expires_at.map(Instant),
            version: facts.version + 1,
        };
        let hook = limits.intake.contains(&Intake::Webhook).then(|| {
            let turn = facts.turn + 1;
            let token = connection::hook(env.app, env.force, a.id, turn).token;
            (crate::http::session::secret_hash(&token), turn)
        });
        let entry = Entry::default()
            .id("account", a.id)
            .code("platform", &a.platform)
            .code("state", state.name())
            .value("handle", &opened.handle)
            .value("remote_account", &opened.remote_account);
        let jobs = renewal(&row, env.at()).into_iter().chain([check(&row, env.at())]).collect::<Vec<_>>();
        let change = Change { account: a.id, row, state, before: a.clone(), remote: opened.remote_account.clone(), hook };
        Ok(jobs.into_iter().fold(Step::to(change).entry(entry), Step::job))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, c: &Change) -> Result<Done, DbError> {
        if c.before.state != c.state {
            let mut account = c.before.clone();
            account.state = c.state;
            store::update_account(tx, env.force, &account, env.at()).await?;
        }
        store::put_connection(tx, env.force, &c.row).await?;
        if let Some((token, turn)) = &c.hook {
            store::put_hook(tx, env.force, c.account, token, *turn, env.at()).await?;
        }
        store::set_connected(tx, env.force, c.account, true, &c.remote, env.at()).await?;
        Ok(Done::id(c.account))
    }
}

/// The renewal that a connection needs: when a fifth of its life is left, and at least five minutes before its end.
pub fn renewal(row: &ConnectionRow, at: Instant) -> Option<Job> {
    use bluelamp_domain::time::MINUTE;
    let ends = row.expires_at?;
    let life = (ends.0 - at.0).max(0);
    let early = (life / 5).max(5 * MINUTE).min(life);
    Some(Job {
        kind: "accounts.renew",
        input: serde_json::json!({ "account": row.account, "version": row.version }),
        // A clock that is hours wrong must not turn this into a storm.
        not_before: Instant(ends.0 - early).max(at.plus(MINUTE)),
        key: format!("accounts.renew:{}:{}", row.account, row.version),
    })
}

/// How often a platform is asked whether a credential still works and whose it is, even while nothing is said.
pub const CHECK_EVERY: i64 = 6 * HOUR;

/// The next look at whether the credential still works. A chain of looks belongs to one connecting and ends with it.
pub fn check(row: &ConnectionRow, at: Instant) -> Job {
    Job {
        kind: "accounts.check",
        input: serde_json::json!({ "account": row.account, "connected_at": row.connected_at.0 }),
        not_before: at.plus(CHECK_EVERY),
        key: format!("accounts.check:{}:{}", row.account, at.0),
    }
}

/// `@force` and `force@social.example` are one handle: networks of many servers say it both ways.
fn same_handle(ours: &str, theirs: &str) -> bool {
    let (a, b) = (fold_handle(ours), fold_handle(theirs));
    let local = |h: &str| h.split('@').next().unwrap_or_default().to_owned();
    a == b || ((!a.contains('@') || !b.contains('@')) && local(&a) == local(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_the_same_with_and_without_its_server() {
        assert!(same_handle("@Force", "force@social.example"));
        assert!(same_handle("force.example", "force.example"));
        assert!(!same_handle("@force@one.example", "force@two.example"));
        assert!(!same_handle("force", "farce"));
    }
}
