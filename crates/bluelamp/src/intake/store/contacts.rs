//! Who may be written to first: those who have been in touch on that very channel, the force's own accounts, and the
//! organisations of its list. Everybody else is a stranger, whom a corporate channel does not approach (APP-COMM-10).

use crate::accounts::{self, AccountRow};
use crate::db::{DbError, Tx};
use crate::{sql, vals};
use bluelamp_domain::accounts::fold_handle;
use bluelamp_domain::ids::{AccountId, ForceId, MessageId, PersonId};
use bluelamp_domain::time::Instant;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Is this handle on the force's list of organisations?
pub async fn is_organisation(tx: &mut Tx, force: ForceId, platform: &str, handle: &str) -> Result<bool, DbError> {
    Ok(tx
        .row(
            sql!("SELECT id FROM organisation WHERE force = $1 AND platform = $2 AND handle_folded = $3"),
            vals![force, platform, fold_handle(handle)],
        )
        .await?
        .is_some())
}

/// An organisation of the force's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Organisation {
    pub platform: String,
    pub handle: String,
    pub title: String,
    pub listed_at: Instant,
    pub by: PersonId,
}

/// The list, by name.
pub async fn organisations(tx: &mut Tx, force: ForceId) -> Result<Vec<Organisation>, DbError> {
    let rows = tx
        .rows(
            sql!("SELECT platform, handle, title, listed_at, by FROM organisation WHERE force = $1 ORDER BY title, platform, handle LIMIT 2000"),
            vals![force],
        )
        .await?;
    rows.iter()
        .map(|r| {
            Ok(Organisation {
                platform: r.get("platform")?,
                handle: r.get("handle")?,
                title: r.get("title")?,
                listed_at: r.get("listed_at")?,
                by: r.get("by")?,
            })
        })
        .collect()
}

pub async fn insert_organisation(
    tx: &mut Tx,
    force: ForceId,
    id: Uuid,
    platform: &str,
    handle: &str,
    title: &str,
    by: PersonId,
    at: Instant,
) -> Result<(), DbError> {
    tx.run(
        sql!("INSERT INTO organisation (force, id, platform, handle, handle_folded, title, listed_at, by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (force, platform, handle_folded) DO NOTHING"),
        vals![force, id, platform, handle, fold_handle(handle), title, at, by],
    )
    .await?;
    Ok(())
}

pub async fn delete_organisation(tx: &mut Tx, force: ForceId, platform: &str, handle: &str) -> Result<(), DbError> {
    tx.run(
        sql!("DELETE FROM organisation WHERE force = $1 AND platform = $2 AND handle_folded = $3"),
        vals![force, platform, fold_handle(handle)],
    )
    .await?;
    Ok(())
}

/// The newest message that this handle sent to this account, if it ever wrote there.
pub async fn last_message_of(tx: &mut Tx, force: ForceId, account: AccountId, handle: &str) -> Result<Option<MessageId>, DbError> {
    let handle = fold_handle(handle);
    tx.row(
        sql!("SELECT m.id FROM message m JOIN correspondent c ON c.force = m.force AND c.id = m.correspondent WHERE m.force = $1 AND m.account = $2 AND lower(c.handle) IN ($3, $4) ORDER BY m.sent_at DESC, m.id DESC LIMIT 1"),
        vals![force, account, &handle, format!("@{handle}")],
    )
    .await?
    .map(|r| r.get("id"))
    .transpose()
}

/// Those of `handles` who may not be written to first from this account.
pub async fn strangers(tx: &mut Tx, force: ForceId, account: &AccountRow, handles: &BTreeSet<String>) -> Result<BTreeSet<String>, DbError> {
    let mut strangers = BTreeSet::new();
    for handle in handles {
        if !may_be_written_to(tx, force, account, handle).await? {
            strangers.insert(handle.clone());
        }
    }
    Ok(strangers)
}

async fn may_be_written_to(tx: &mut Tx, force: ForceId, account: &AccountRow, handle: &str) -> Result<bool, DbError> {
    for form in forms(account, handle) {
        if accounts::store::by_handle(tx, force, &account.platform, &form).await?.is_some()
            || is_organisation(tx, force, &account.platform, &form).await?
            || last_message_of(tx, force, account.id, &form).await?.is_some()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// On networks of many servers, those of one's own server are written with it and without it.
fn forms(account: &AccountRow, handle: &str) -> Vec<String> {
    let host = url::Url::parse(&account.url).ok().and_then(|u| u.host_str().map(str::to_lowercase));
    let mut forms = vec![handle.to_owned()];
    if let Some(host) = host {
        match handle.split_once('@') {
            Some((name, at)) if at == host => forms.push(name.to_owned()),
            Some(_) => {}
            None => forms.push(format!("{handle}@{host}")),
        }
    }
    forms
}
