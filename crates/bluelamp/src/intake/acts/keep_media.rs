//! `intake.keep_media`: the original bytes of a medium are evidence from now on, with a copy for showing (I6).

use super::{about, account};
use crate::accounts::store::AccountRow;
use crate::act::{Act, Done, Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::intake::store::{self, MediaRow};
use bluelamp_domain::act::{Entry, Permit, Refusal, Step};
use bluelamp_domain::ids::MediaId;
use bluelamp_domain::question::Question;
use serde::{Deserialize, Serialize};

/// A copy that can be shown.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    pub object: String,
    pub mime: String,
    pub width: u32,
    pub height: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepMedia {
    pub media: MediaId,
    /// SHA-256 of the original in the object store; none when the platform no longer gives it.
    #[serde(default)]
    pub object: Option<String>,
    #[serde(default)]
    pub size: Option<i64>,
    #[serde(default)]
    pub copy: Option<Shown>,
    /// Why there is no original, or no copy.
    #[serde(default)]
    pub why: String,
}

pub struct Facts {
    account: AccountRow,
    row: MediaRow,
}

impl Act for KeepMedia {
    const NAME: &'static str = "intake.keep_media";
    const SAYS: &'static str = "Keep the original bytes of a medium as evidence, with a copy for showing.";
    type Facts = Facts;
    type Change = Option<MediaRow>;

    async fn facts(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Facts, Stop> {
        let row = store::medium(tx, env.force, self.media).await?.ok_or_else(|| not_found("medium"))?;
        let account = account(tx, env, row.account).await?;
        Ok(Facts { account, row })
    }

    fn questions(&self, facts: &Facts, env: &Env<'_>) -> Vec<Question> {
        vec![about(Self::NAME, &facts.account, env)]
    }

    fn rule(&self, facts: &Facts, _permit: Permit<Self>, env: &Env<'_>) -> Result<Step<Option<MediaRow>>, Refusal> {
        let mut row = facts.row.clone();
        let entry = Entry::default().id("media", row.id).id("account", row.account).id("message", row.message);
        if row.object.is_some() {
            return Ok(Step::to(None).entry(entry.code("stands", "already")));
        }
        row.state = match (&self.object, &self.copy) {
            (None, _) => "missing",
            (Some(_), None) => "kept-unshown",
            (Some(_), Some(_)) => "kept",
        }
        .into();
        row.why = self.why.chars().filter(|c| !c.is_control()).take(300).collect();
        row.object.clone_from(&self.object);
        row.size = self.size;
        row.kept_at = self.object.is_some().then(|| env.at());
        if let Some(copy) = &self.copy {
            row.copy = Some(copy.object.clone());
            row.copy_mime = Some(copy.mime.clone());
            row.width = Some(copy.width.into());
            row.height = Some(copy.height.into());
        }
        let mut entry = entry.code("state", &row.state);
        if let Some(object) = &row.object {
            entry = entry.value("digest", object);
        }
        Ok(Step::to(Some(row)).entry(entry))
    }

    async fn write(&self, tx: &mut Tx, env: &Env<'_>, row: &Option<MediaRow>) -> Result<Done, DbError> {
        if let Some(row) = row {
            store::settle_medium(tx, env.force, row).await?;
        }
        Ok(Done::id(self.media))
    }
}
