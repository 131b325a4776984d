//! The open conversation: what was written, why software flagged it, and what can be done.

use super::list::{Asked, due, kind, letter, title};
use super::platform_title;
use super::view::*;
use crate::act::{Ctx, Fault};
use crate::community::brief;
use crate::db::Tx;
use crate::desk::acts::intake_priority;
use crate::desk::store;
use crate::http::view::Choice;
use crate::http::{PageFault, moment};
use crate::intake::queue::{Whole, store as queue};
use crate::intake::store::{self as intake, MediaRow, MessageRow};
use crate::publishing::outbox;
use bluelamp_domain::decision::Rating;
use bluelamp_domain::desk::assess::{Decided, prefilled};
use bluelamp_domain::desk::outcome::Outcome;
use bluelamp_domain::desk::referral::{Kind, target_words};
use bluelamp_domain::desk::{claim, evidence, routing};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::Instant;
use bluelamp_domain::triage::Route;
use std::collections::{BTreeMap, HashMap};

type Names = HashMap<PersonId, String>;

fn who(names: &Names, id: PersonId) -> String {
    names.get(&id).cloned().unwrap_or_else(|| "someone no longer listed".into())
}

/// What policy was asked before the page opened its transaction.
#[derive(Debug, Clone, Copy)]
pub struct May {
    pub moderation: brief::May,
    /// Sees the pages of what was sent, from which a reply is taken down.
    pub drafts: bool,
}

impl May {
    pub async fn ask(ctx: &Ctx, id: MessageId) -> Result<May, Fault> {
        Ok(May { moderation: brief::may(ctx, id).await?, drafts: ctx.may_read("read.drafts").await?.rating == Rating::Green })
    }
}

/// The conversation of a message that this person may see.
pub async fn conversation(
    ctx: &Ctx,
    tx: &mut Tx,
    id: MessageId,
    names: &Names,
    asked: &Asked,
    may: May,
    typed: Typed,
) -> Result<Option<OpenConversation>, PageFault> {
    let Some(whole) = queue::whole(tx, ctx.force, &ctx.scope, id, ctx.now()).await? else { return Ok(None) };
    let Some(account) = crate::accounts::store::account(tx, ctx.force, whole.message.account).await? else { return Ok(None) };
    let m = &whole.message;
    let assessments = store::assessments(tx, ctx.force, id).await?;
    let areas = store::areas(tx, ctx.force).await?;
    let pack = ctx.app.pack_of(tx, ctx.force).await?;
    let to = |act: &str| format!("/desk/messages/{id}/{act}");
    let capabilities = ctx.app.connector(&account.platform).map(|c| c.capabilities().clone());
    let newest = assessments.first().filter(|_| m.assessed_at.is_some());
    let answers = newest.map_or_else(|| prefilled(&m.triage), |a| a.answers.clone());
    let now = newest.map_or_else(|| Decided::from(m.triage.priority), |a| a.decided);
    let word = intake_priority(m.priority).name();
    let (due, _) = due(ctx, m.due_at, ctx.now());
    let choice = |value: &str, label: &str, chosen: bool| Choice { chosen, ..Choice::new(value, label) };
    let suggested = Kind::of_route(m.triage.route);
    let mut route = vec![choice("", "Back to the desk", false)];
    let local_topic = m.triage.route == Route::Neighbourhood;
    let meant = routing::suggested(&m.text, &account.area, local_topic, &areas).filter(|_| !m.triage.thrive.concerns_safety());
    route.extend(areas.iter().map(|a| choice(a, a, meant.is_some_and(|(area, _)| area == a))));
    let mut people = vec![choice("", "Nobody in particular", true)];
    people.extend(store::workers(tx, ctx.force).await?.into_iter().map(|(id, name)| choice(&id.to_string(), &name, false)));
    let moderation = brief::read(ctx, tx, m, &account, names, pack.words(), may.moderation).await?;
    let measured = moderation.as_ref().is_some_and(|b| b.lines.iter().any(|l| l.stands));
    Ok(Some(OpenConversation {
        id: id.to_string(),
        back: format!("/desk?queue={}", crate::http::percent(&asked.queue)),
        author: if whole.correspondent.name.is_empty() { whole.correspondent.handle.clone() } else { whole.correspondent.name.clone() },
        handle: format!("@{}", whole.correspondent.handle.trim_start_matches('@')),
        contact: contact(&whole),
        word,
        platform: platform_title(ctx, &account.platform),
        account: account.title.clone(),
        kind: if m.state == "closed" { kind(&m.kind).into() } else { format!("{} · {due}", kind(&m.kind)) },
        permalink: web(m.url.as_deref().unwrap_or_default()),
        claim: claim_line(ctx, m, names),
        items: items(ctx, tx, &whole, names, may.drafts).await?,
        why: why(m),
        // As much of the hash as `pack check` prints: enough to tell one version from another.
        read_by: m.triage_pack.chars().take(12).collect(),
        dimensions: answers
            .iter()
            .map(|a| Dimension {
                letter: letter(a.dimension),
                key: a.dimension.name().into(),
                name: title(a.dimension),
                chosen: a.yes,
                because: a.why.clone(),
            })
            .collect(),
        assessed: newest.map_or_else(String::new, |a| format!("Assessed by {} at {}", who(names, a.by), moment(ctx, a.at).short)),
        priorities: Decided::ALL.iter().map(|d| choice(d.name(), d.title(), *d == now)).collect(),
        assess: to("assess"),
        ended: match (m.state.as_str(), m.closed_at) {
            ("closed", Some(at)) => {
                let how = m.outcome.as_deref().and_then(Outcome::parse).map_or("Ended", Outcome::title);
                format!("{how}, {}", moment(ctx, at).short)
            }
            _ => String::new(),
        },
        reopen: to("reopen"),
        escalate: to("escalate"),
        route: RouteForm {
            action: to("route"),
            areas: route,
            suggested: meant.map_or_else(String::new, |(area, because)| format!("{area}: {}", because.says())),
            people,
        },
        reply: ReplyForm {
            action: to("reply"),
            check: to("check"),
            text: typed.text.clone(),
            limit: capabilities.as_ref().map_or(500, |c| c.max_graphemes),
            public: !m.is_private(),
            may_choose: !m.is_private() && capabilities.as_ref().is_some_and(|c| c.reply_private),
            templates: pack.templates().iter().filter_map(|t| filled(t, &account.title, ctx)).collect(),
        },
        refer: ReferForm {
            action: to("refer"),
            routes: Kind::all()
                .filter(|k| *k != Kind::Incident)
                .map(|k| choice(k.name(), &format!("{} ({})", k.title(), target_words(k)), Some(k) == suggested))
                .collect(),
            incident: to("incident"),
        },
        moderation,
        close: CloseForm {
            action: to("close"),
            outcomes: Outcome::ALL.iter().map(|o| choice(o.name(), o.title(), likely(m, measured) == *o)).collect(),
        },
        note: to("note"),
        history: history(ctx, tx, &whole, names).await?,
        typed,
    }))
}

/// The outcome that what was done suggests; the person chooses.
fn likely(m: &MessageRow, measured: bool) -> Outcome {
    if m.answered_at.is_some() {
        Outcome::Answered
    } else if measured {
        Outcome::Moderated
    } else if m.deleted_at.is_some() {
        Outcome::Withdrawn
    } else {
        Outcome::NoActionNeeded
    }
}

/// A template as a beginning: what we know is filled in, the rest stays marked for the person to complete.
fn filled(t: &bluelamp_policy::Template, account: &str, ctx: &Ctx) -> Option<(String, String)> {
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    values.insert("account", account.to_owned());
    values.insert("hours", "72".into());
    if let Some(public) = &ctx.app.config.public {
        values.insert("guidelines_link", format!("{}/public", public.origin));
    }
    for open in &t.variables {
        values.entry(open.as_str()).or_insert_with(|| format!("[{}]", open.replace('_', " ")));
    }
    t.fill(&values).ok().map(|text| (t.title.clone(), text.trim().to_owned()))
}

fn contact(whole: &Whole) -> String {
    match (whole.contacts.all, whole.contacts.month) {
        (0 | 1, _) => "first contact".into(),
        // As far as they are counted.
        (1_000.., _) => "1,000 messages or more on this channel".into(),
        (all, month) => format!("{all} messages on this channel, {month} in 30 days"),
    }
}

fn claim_line(ctx: &Ctx, m: &MessageRow, names: &Names) -> Claim {
    let held = m.claimed_by.zip(m.claimed_until).map(|(by, until)| claim::Claim { by, until });
    let to = |act: &str| format!("/desk/messages/{}/{act}", m.id);
    match held.filter(|c| c.stands(ctx.now())) {
        _ if m.state == "closed" => Claim { says: "Ended".into(), label: String::new(), action: String::new() },
        None => Claim { says: "Nobody has it in hand.".into(), label: "Claim".into(), action: to("claim") },
        Some(c) if Some(c.by) == ctx.principal.person() => {
            Claim { says: format!("Yours until {}.", moment(ctx, c.until).short), label: "Give it back".into(), action: to("release") }
        }
        Some(c) => {
            let over = ctx.scope.has_role("desk-supervisor");
            let label = if over { "Take it over" } else { "" };
            Claim {
                says: format!("With {} until {}.", who(names, c.by), moment(ctx, c.until).short),
                label: label.into(),
                action: to("claim"),
            }
        }
    }
}

async fn items(ctx: &Ctx, tx: &mut Tx, whole: &Whole, names: &Names, drafts: bool) -> Result<Vec<Item>, PageFault> {
    let mut items: Vec<(Instant, Item)> = Vec::new();
    for row in &whole.conversation {
        let m = &row.message;
        let state = match (m.deleted_at, m.edited_at) {
            _ if m.hidden => "hidden".to_owned(),
            (Some(at), _) => format!("deleted by the sender {}", moment(ctx, at).short),
            (None, Some(at)) => format!("edited {}", moment(ctx, at).short),
            (None, None) => String::new(),
        };
        let media = if row.media > 0 { intake::media_of(tx, ctx.force, m.id).await? } else { Vec::new() };
        items.push((
            m.sent_at,
            Item {
                id: m.id.to_string(),
                ours: false,
                author: if row.name.is_empty() { row.handle.clone() } else { row.name.clone() },
                kind: kind(&m.kind).into(),
                at: moment(ctx, m.sent_at),
                spans: evidence::pieces(&m.text, &evidence::spans(&m.triage)),
                state,
                pictures: media.iter().map(|x| picture(m, x, media.len())).collect(),
                permalink: String::new(),
                href: String::new(),
            },
        ));
        for r in outbox::replies_to(tx, ctx.force, m.id).await? {
            let how = if r.private { "private reply" } else { "public reply" };
            let said = crate::desk::reply_state(r.state);
            items.push((
                r.at,
                Item {
                    id: r.post.to_string(),
                    ours: true,
                    author: who(names, r.author),
                    kind: how.into(),
                    at: moment(ctx, r.at),
                    spans: vec![(r.text, false)],
                    state: if r.why.is_empty() { said.to_owned() } else { format!("{said}: {}", r.why) },
                    pictures: Vec::new(),
                    permalink: if r.state.is_out() { web(&r.url) } else { String::new() },
                    href: if drafts { format!("/publishing/{}", r.draft) } else { String::new() },
                },
            ));
        }
    }
    items.sort_by_key(|(at, _)| *at);
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

/// A link that may be followed: of the web, and nothing else.
fn web(url: &str) -> String {
    if url.starts_with("https://") || url.starts_with("http://") { url.to_owned() } else { String::new() }
}

/// A picture as the conversation shows it: the copy made of pixels alone, never the platform's own address.
fn picture(m: &MessageRow, x: &MediaRow, of: usize) -> Picture {
    let alt = x.alt.as_deref().map(str::trim).filter(|a| !a.is_empty());
    let says = match (x.state.as_str(), x.copy.is_some()) {
        (_, true) => String::new(),
        ("waiting", _) => "A picture is being fetched from the platform.".to_owned(),
        ("missing", _) => format!("A picture came with this, and the platform does not give it: {}.", x.why),
        _ => format!("A file came with this that cannot be shown here: {}. The original is kept.", x.why),
    };
    Picture {
        id: x.id.to_string(),
        src: if x.copy.is_some() { format!("/media/{}", x.id) } else { String::new() },
        alt: alt.map_or_else(|| format!("Picture {} of {of}, not described by its author", x.nth + 1), str::to_owned),
        described: alt.is_some(),
        veiled: m.triage.thrive.concerns_safety(),
        original: if x.object.is_some() { format!("/media/{}/original", x.id) } else { String::new() },
        says,
    }
}

/// Each signal with the words that made software say it (LEICS-TRIAGE-1).
fn why(m: &MessageRow) -> Vec<Why> {
    m.triage
        .signals
        .iter()
        .map(|s| Why {
            rule: s.id.clone(),
            signal: s.category.replace(['_', '-'], " "),
            words: if s.carried {
                Vec::new()
            } else {
                s.spans.iter().filter_map(|p| m.text.get(p.start..p.end)).map(str::to_owned).collect()
            },
            says: if s.carried { format!("{} (in an earlier version of it)", s.says) } else { s.says.clone() },
            word: s.priority.name(),
        })
        .collect()
}

/// What was done with this message, on this channel alone (I9).
async fn history(ctx: &Ctx, tx: &mut Tx, whole: &Whole, names: &Names) -> Result<Vec<HistoryLine>, PageFault> {
    let (force, id) = (ctx.force, whole.message.id);
    let mut lines: Vec<(Instant, HistoryLine)> = Vec::new();
    let mut add = |at: Instant, who: String, what: String, detail: String, clause: &str| {
        let clause_href = if clause.is_empty() { String::new() } else { format!("/assurance/clauses/{clause}") };
        lines.push((at, HistoryLine { at: moment(ctx, at), who, what, detail, clause: clause.into(), clause_href }));
    };
    let person = |code: &str| code.parse::<PersonId>().map_or_else(|_| "the system".to_owned(), |p| who(names, p));
    for a in store::assessments(tx, force, id).await? {
        let lit: Vec<&str> = a.thrive.iter().map(|d| d.name()).collect();
        let detail = format!("{}{}{}", lit.join(", "), if a.reason.is_empty() || lit.is_empty() { "" } else { ". " }, a.reason);
        add(a.at, who(names, a.by), format!("Assessed: {}", a.decided.title().to_lowercase()), detail, "LEICS-TRIAGE-2");
    }
    for r in store::referrals(tx, force, id).await? {
        let theirs = if r.theirs.is_empty() { String::new() } else { format!(", their reference {}", r.theirs) };
        let detail = format!("{}{theirs}, target {}. {}", r.reference, moment(ctx, r.target_at).short, r.note);
        add(r.at, who(names, r.by), format!("Referred: {}", r.kind.title()), detail, "APP-ROLE-4");
    }
    for n in store::notes(tx, force, id).await? {
        add(n.at, who(names, n.by), "Note".into(), n.text, "");
    }
    for r in store::routings(tx, force, id).await? {
        let target = r.target_at.map_or_else(String::new, |t| format!("answer by {}. ", moment(ctx, t).short));
        let to = r.person.map_or_else(|| r.area.clone(), |p| who(names, p));
        add(r.at, person(&r.by), format!("Passed on to {to}"), format!("{target}{}", r.note), "LEICS-TRIAGE-3");
        if let (Some(at), Some("fell-back")) = (r.ended_at, r.ended.as_deref()) {
            add(at, "the system".into(), "Nobody answered: back at the desk".into(), String::new(), "LEICS-TRIAGE-3");
        }
    }
    for c in store::closures(tx, force, id).await? {
        let what = Outcome::parse(&c.outcome).map_or("Opened again", Outcome::title);
        add(c.at, who(names, c.by), what.into(), c.note, "LEICS-USE-1");
    }
    for a in store::alerts_of(tx, force, id).await? {
        add(a.raised_at, "the system".into(), format!("Alert: {}", a.kind.title().to_lowercase()), String::new(), "APP-ROLE-3");
        if let (Some(at), Some(by)) = (a.acknowledged_at, a.acknowledged_by) {
            add(at, who(names, by), "Answered the alarm".into(), super::took(at.0 - a.raised_at.0), "APP-ROLE-3");
        }
    }
    for r in whole.revisions.iter().skip(1) {
        let what = if r.deleted { "Taken away by the sender" } else { "Edited by the sender" };
        add(r.noted_at, String::new(), what.into(), r.text.chars().take(200).collect(), "");
    }
    lines.sort_by_key(|(at, _)| *at);
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}
