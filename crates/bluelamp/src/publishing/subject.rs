//! A draft as policy and rules see it: one question for each account it goes to, with the signs that the detectors saw
//! in what that account would show.

use super::store::{self, CaseRow, DraftRow};
use crate::accounts::{self, AccountRow, connection, store as register};
use crate::act::{Env, Stop, not_found};
use crate::db::{DbError, Tx};
use crate::intake::store::contacts;
use bluelamp_domain::ids::{AccountId, CaseId, DraftId, ForceId, PersonId};
use bluelamp_domain::publishing::check::{self, Limits, Mention, Remark, Term, Weight, WordLists};
use bluelamp_domain::publishing::{Content, Draft, Kind, State};
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_policy::{Pack, Words};
use std::collections::BTreeSet;

/// One account that a draft goes to.
#[derive(Debug, Clone)]
pub struct Target {
    pub account: AccountRow,
    pub limits: Limits,
    pub signs: BTreeSet<String>,
}

/// A draft with everything that decides about it.
#[derive(Debug, Clone)]
pub struct Subject {
    pub draft: Draft,
    pub targets: Vec<Target>,
    pub case: Option<CaseRow>,
    /// What the detectors say, for people.
    pub remarks: Vec<Remark>,
}

/// The pack's lists as the detectors take them.
pub fn word_lists(words: &Words) -> WordLists {
    let terms = |list: &[bluelamp_policy::Term]| {
        list.iter().map(|t| Term { word: t.word.clone(), instead: t.instead.clone(), says: t.says.clone() }).collect()
    };
    WordLists {
        style: terms(&words.style),
        jargon: terms(&words.jargon),
        restricted: terms(&words.restricted),
        guilt: terms(&words.guilt),
        political: terms(&words.political),
        victim: terms(&words.victim),
    }
}

/// What a subject is read on: within an act, or for a page that asks without acting.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    pub app: &'a crate::app::App,
    pub force: ForceId,
    pub pack: &'a Pack,
    pub me: Option<PersonId>,
}

impl<'a> Ground<'a> {
    pub fn of(env: &'a Env<'_>) -> Ground<'a> {
        Ground { app: env.app, force: env.force, pack: env.pack, me: env.person() }
    }

    pub fn page(ctx: &'a crate::act::Ctx, pack: &'a Pack) -> Ground<'a> {
        Ground { app: &ctx.app, force: ctx.force, pack, me: ctx.principal.person() }
    }
}

impl Subject {
    /// A stored draft. Not there and not theirs are told apart by policy alone, which each question asks.
    pub async fn stored(tx: &mut Tx, env: &Env<'_>, id: DraftId) -> Result<(Subject, DraftRow), Stop> {
        let row = store::draft(tx, env.force, id).await?.ok_or_else(|| not_found("draft"))?;
        let subject = Subject::of(tx, env, row.draft.clone()).await?;
        Ok((subject, row))
    }

    pub async fn of(tx: &mut Tx, env: &Env<'_>, draft: Draft) -> Result<Subject, Stop> {
        Subject::on(tx, Ground::of(env), draft).await
    }

    pub async fn on(tx: &mut Tx, env: Ground<'_>, draft: Draft) -> Result<Subject, Stop> {
        let mut targets = Vec::with_capacity(draft.content.accounts.len());
        let mut remarks = Vec::new();
        let lists = word_lists(env.pack.words());
        for id in &draft.content.accounts {
            let (account, limits) = target(tx, env, *id).await?;
            let mut signs = check::signs(&draft.content, &limits, &lists);
            let strangers = strangers(tx, env.force, &account, draft.content.text_for(&account.platform)).await?;
            if !strangers.is_empty() {
                signs.insert(STRANGER.to_owned());
                remarks.extend(strangers.iter().map(|m| unknown(m, &draft.content, &limits)));
            }
            targets.push(Target { account, limits, signs });
        }
        let case = case_of(tx, env, draft.content.case).await?;
        let limits: Vec<Limits> = targets.iter().map(|t| t.limits.clone()).collect();
        let mut remarks = [check::check(&draft.content, &limits, &lists), remarks].concat();
        remarks.dedup();
        Ok(Subject { draft, targets, case, remarks })
    }

    /// What no platform of it would take, as sentences.
    pub fn stops(&self) -> Vec<String> {
        let mut says: Vec<String> =
            self.remarks.iter().filter(|r| r.weight == Weight::Stop).map(|r| format!("{} {}", r.says, r.advice)).collect();
        says.dedup();
        says
    }

    /// Accounts that cannot speak just now: never connected, or their credential is refused.
    pub fn silent(&self) -> Vec<String> {
        let cannot = |a: &AccountRow| !a.connected || a.connection_state.as_deref() == Some("needs-person");
        self.targets.iter().filter(|t| cannot(&t.account)).map(|t| format!("{} on {}", t.account.title, t.limits.title)).collect()
    }

    pub fn entity(&self, env: Ground<'_>, target: &Target) -> Entity {
        let d = &self.draft;
        Entity::new("Draft", format!("{}:{}", d.id, target.account.id))
            .with("force", Ref::new("Force", env.force))
            .with("account", Ref::new("Account", target.account.id))
            .with("author", Ref::new("Person", d.author))
            .with("isAuthor", env.me == Some(d.author))
            .with("kind", Value::word("DraftKind", d.content.kind.name()))
            .with("purpose", d.content.purpose.as_str())
            .with("revision", d.revision)
            .with("signs", Value::texts(&target.signs))
            .with("hasCase", self.case.is_some())
            .with_some("caseStage", self.case.as_ref().map(|c| Value::word("CaseStage", c.stage.name())))
            .with("scheduled", matches!(d.state, State::Scheduled { .. }))
    }

    /// One question for each account; a release counts for this revision alone.
    pub fn questions(&self, action: &'static str, env: &Env<'_>) -> Vec<Question> {
        self.questions_on(action, Ground::of(env))
    }

    pub fn questions_on(&self, action: &'static str, env: Ground<'_>) -> Vec<Question> {
        let ask = |t: &Target| {
            Question::new(action, self.draft.id, self.entity(env, t))
                .also(accounts::entity(env.force, &t.account))
                .resting_on(self.draft.revision)
        };
        self.targets.iter().map(ask).collect()
    }

    /// The only account it goes to: entries of one account show to those who see it.
    pub fn only_account(&self) -> Option<AccountId> {
        match self.targets.as_slice() {
            [one] => Some(one.account.id),
            _ => None,
        }
    }

    pub fn author(&self) -> PersonId {
        self.draft.author
    }
}

async fn case_of(tx: &mut Tx, env: Ground<'_>, case: Option<CaseId>) -> Result<Option<CaseRow>, Stop> {
    match case {
        None => Ok(None),
        Some(id) => Ok(store::case(tx, env.force, id).await?),
    }
}

/// An account and what it takes: the platform's figures, or its own server's where it is connected.
async fn target(tx: &mut Tx, env: Ground<'_>, id: AccountId) -> Result<(AccountRow, Limits), Stop> {
    let account = register::account(tx, env.force, id).await?.ok_or_else(|| not_found("account"))?;
    let own = match register::connection(tx, env.force, id).await? {
        Some(row) => connection::open(env.app, env.force, id, &row.sealed),
        None => None,
    };
    let limits = limits_of(env.app, &account, own.as_ref());
    Ok((account, limits))
}

/// What an account takes. A platform without a connector takes nothing from here.
pub fn limits_of(app: &crate::app::App, account: &AccountRow, own: Option<&bluelamp_platforms::Connection>) -> Limits {
    let Some(connector) = app.connector(&account.platform) else {
        let title = account.platform.clone();
        return Limits {
            platform: title.clone(),
            title,
            max_graphemes: 500,
            max_bytes: None,
            link_counts: None,
            max_images: 0,
            max_alt: 0,
            threads: false,
            publish: false,
        };
    };
    let c = own.map_or_else(|| connector.capabilities().clone(), |own| connector.limits(own));
    Limits {
        platform: c.platform,
        title: c.title,
        max_graphemes: c.max_graphemes,
        max_bytes: c.max_bytes,
        link_counts: c.link_counts,
        max_images: c.max_images,
        max_alt: c.max_alt,
        threads: c.threads,
        publish: c.publish,
    }
}

/// The sign of a mention of somebody who has not been in touch on that channel (APP-COMM-10).
const STRANGER: &str = "stranger";

/// Whom the text mentions and who may not be written to first from this account.
async fn strangers(tx: &mut Tx, force: ForceId, account: &AccountRow, text: &str) -> Result<Vec<Mention>, DbError> {
    let mentions = check::mentions(text);
    let handles = mentions.iter().map(|m| m.handle.clone()).collect();
    let unknown = contacts::strangers(tx, force, account, &handles).await?;
    Ok(mentions.into_iter().filter(|m| unknown.contains(&m.handle)).collect())
}

fn unknown(mention: &Mention, content: &Content, limits: &Limits) -> Remark {
    Remark {
        sign: STRANGER,
        weight: Weight::Sign,
        place: check::place_for(content, &limits.platform),
        span: Some(mention.span),
        says: format!("@{} has not been in touch with this account on {}.", mention.handle, limits.title),
        advice: "Take the mention out. An organisation can be put on the list of those that may be written to first.".into(),
    }
}

/// What policy is told of words that go out from this account as a reply or a first word.
pub async fn signs_of(tx: &mut Tx, env: &Env<'_>, account: &AccountRow, text: &str) -> Result<BTreeSet<String>, DbError> {
    let mut signs = check::text_signs(text, &word_lists(env.pack.words()));
    if !strangers(tx, env.force, account, text).await?.is_empty() {
        signs.insert(STRANGER.to_owned());
    }
    Ok(signs)
}

/// A draft that is not stored yet: for the live check, which asks without recording.
pub fn unsaved(id: DraftId, author: PersonId, revision: i64, content: Content) -> Draft {
    Draft {
        id,
        state: State::Editing,
        revision,
        author,
        content: Content { kind: if content.kind == Kind::Reply { Kind::Post } else { content.kind }, ..content },
    }
}
