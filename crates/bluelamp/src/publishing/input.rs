//! A draft's content as a form or an API client gives it, and what of it can be taken.

use super::store;
use crate::act::{Env, Stop, not_found};
use crate::db::Tx;
use bluelamp_domain::act::Refusal;
use bluelamp_domain::ids::{AccountId, CaseId};
use bluelamp_domain::publishing::{Content, Kind, Picture};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a draft is to hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftInput {
    #[serde(default)]
    pub kind: Kind,
    /// A code of the pack's purposes.
    #[serde(default)]
    pub purpose: String,
    /// Who it is for, in the author's words.
    #[serde(default)]
    pub audience: String,
    /// A line of `---` parts a thread.
    pub text: String,
    /// Other words for a platform, by its name.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    #[serde(default)]
    pub language: String,
    #[serde(default)]
    pub pictures: Vec<PictureInput>,
    pub accounts: Vec<AccountId>,
    #[serde(default)]
    pub case: Option<CaseId>,
}

/// A picture that was uploaded before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PictureInput {
    /// What the upload answered: the SHA-256 of the re-encoded picture.
    pub object: String,
    #[serde(default)]
    pub name: String,
    /// What it shows, for people who do not see it.
    #[serde(default)]
    pub alt: String,
}

impl DraftInput {
    /// As it was saved: for forms that begin with what is there.
    pub fn of(c: &Content) -> DraftInput {
        DraftInput {
            kind: c.kind,
            purpose: c.purpose.clone(),
            audience: c.audience.clone(),
            text: c.text.clone(),
            texts: c.texts.clone(),
            language: c.language.clone(),
            pictures: c
                .pictures
                .iter()
                .map(|p| PictureInput { object: p.object.clone(), name: p.name.clone(), alt: p.alt.clone() })
                .collect(),
            accounts: c.accounts.clone(),
            case: c.case,
        }
    }

    /// The content it comes to. A picture must have gone through re-encoding here, so that nothing else of the object
    /// store can be published.
    pub async fn content(&self, tx: &mut Tx, env: &Env<'_>) -> Result<Content, Stop> {
        if self.kind == Kind::Reply {
            return Err(Refusal::new("reply", "a reply is written at the desk, beside the message it answers").into());
        }
        if !self.purpose.is_empty() && env.pack.words().purpose(&self.purpose).is_none() {
            return Err(Refusal::new("purpose", format!("`{}` is none of the purposes that the policy names", self.purpose)).into());
        }
        if let Some(case) = self.case {
            store::case(tx, env.force, case).await?.ok_or_else(|| not_found("case"))?;
        }
        let mut pictures = Vec::with_capacity(self.pictures.len());
        for p in &self.pictures {
            let Some(u) = store::upload(tx, env.force, &p.object).await? else {
                return Err(
                    Refusal::new("unknown-picture", "a picture has to be uploaded before a draft can hold it; upload it again").into()
                );
            };
            let name: String = p.name.chars().filter(|c| !c.is_control()).take(120).collect();
            pictures.push(Picture {
                object: u.object,
                mime: u.mime,
                width: u.width,
                height: u.height,
                size: u.size,
                name,
                alt: p.alt.clone(),
                had_metadata: u.had_metadata,
            });
        }
        let content = Content {
            kind: self.kind,
            purpose: self.purpose.clone(),
            audience: self.audience.trim().chars().take(200).collect(),
            text: self.text.clone(),
            texts: self.texts.clone(),
            language: self.language.clone(),
            pictures,
            accounts: self.accounts.clone(),
            case: self.case,
        };
        if content.accounts.is_empty() {
            return Err(Refusal::new("no-account", "choose at least one account for it to go to").into());
        }
        Ok(content.tidied()?)
    }
}
