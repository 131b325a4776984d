//! The compliance page: every clause of the register, whether the force keeps it now, on what evidence.

use super::built::{self, Built, By, Watch};
use super::live::{self, Found, State};
use crate::act::Ctx;
use crate::http::html::{Html, strip};
use crate::http::shell::{Density, Shell};
use crate::http::view::{Choice, Moment};
use crate::http::{self, PageResult, moment, shell_for};
use crate::records;
use axum::extract::{OriginalUri, Path, Query};
use axum::http::header;
use axum::response::IntoResponse;
use bluelamp_domain::decision::Rating;
use bluelamp_policy::{Clause, Pack};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    #[serde(default)]
    words: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    kind: String,
}

#[derive(askama::Template)]
#[template(path = "assurance/templates/compliance.html")]
pub struct CompliancePage {
    pub shell: Shell,
    pub at: Moment,
    pub strip: Html,
    pub tallies: Vec<Tally>,
    pub filter_action: String,
    pub states: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub words: String,
    pub csv: String,
    pub policies: Vec<PolicySection>,
}

pub struct Tally {
    pub label: String,
    pub count: u64,
    pub change: String,
    pub class: &'static str,
    pub mark: &'static str,
    pub href: String,
}

pub struct PolicySection {
    pub id: String,
    pub title: String,
    pub says: String,
    pub clauses: Vec<ClauseRow>,
}

pub struct ClauseRow {
    pub id: String,
    pub sentence: String,
    pub kind: String,
    pub state: String,
    pub class: &'static str,
    pub mark: &'static str,
    pub since: Option<Moment>,
    pub evidence: Vec<(String, String)>,
    pub owed: String,
}

/// The policies of the register, in its order.
const POLICIES: &[(&str, &str)] = &[
    ("APP", "College of Policing: Social media (APP)"),
    ("LEICS", "Leicestershire Police: Social media policy"),
    ("SYSX", "Surrey Police and Sussex Police: Social media policy 1086/2021"),
    ("NORTHUM", "Northumbria Police: Use of social media"),
    ("NORTHANTS", "Northamptonshire Police: Social media policy 5/20"),
];

/// Which packs of the chain answer for which policy.
fn in_use(pack: &Pack, clause: &Clause) -> bool {
    let of = |policy: &str| match policy {
        "APP" => "college-app",
        "LEICS" => "leicestershire",
        "SYSX" => "surrey-sussex",
        "NORTHUM" => "northumbria",
        _ => "northamptonshire",
    };
    let prefix = clause.id.split('-').next().unwrap_or_default();
    pack.chain().iter().any(|p| p == of(prefix))
}

/// One clause with its state now.
pub struct Standing {
    pub clause: &'static Clause,
    pub built: Option<&'static Built>,
    pub found: Found,
}

/// Every clause of the register, as it stands.
pub async fn standings(ctx: &Ctx) -> Result<Vec<Standing>, http::PageFault> {
    let pack = ctx.pack().await?;
    let mut tx = ctx.read().await?;
    let measures = live::measures(ctx, &mut tx).await?;
    let adopted = records::store::adopted_at(&mut tx, ctx.force).await?;
    Ok(bluelamp_policy::clauses().iter().map(|clause| standing(clause, &pack, &measures, adopted)).collect())
}

fn standing(
    clause: &'static Clause,
    pack: &Pack,
    measures: &BTreeMap<&'static str, Found>,
    adopted: Option<bluelamp_domain::time::Instant>,
) -> Standing {
    let built = built::of(&clause.id);
    let plain = |state, says: &str| Found { state, says: says.to_owned(), href: String::new(), since: None };
    let found = match built {
        _ if !in_use(pack, clause) => plain(State::Unused, "The force runs another policy."),
        None => plain(State::Unbuilt, ""),
        Some(b) => match b.watch {
            Watch::Live(name) => measures.get(name).cloned().unwrap_or_else(|| plain(State::AtRisk, "Its measure could not be taken.")),
            Watch::Standing => standing_by(b, clause, pack, adopted),
        },
    };
    Standing { clause, built, found }
}

fn standing_by(b: &Built, clause: &Clause, pack: &Pack, adopted: Option<bluelamp_domain::time::Instant>) -> Found {
    let rules = pack.rules().iter().filter(|r| r.clause == clause.id).count();
    if b.by.contains(&By::Rules) && rules == 0 {
        return Found { state: State::Broken, says: "The pack in force has no rule for it.".into(), href: String::new(), since: adopted };
    }
    Found { state: State::Kept, says: String::new(), href: String::new(), since: adopted }
}

fn evidence(s: &Standing, pack: &Pack) -> Vec<(String, String)> {
    let mut out = Vec::new();
    if !s.found.says.is_empty() {
        out.push((s.found.says.trim_end_matches('.').to_owned(), s.found.href.clone()));
    }
    let Some(built) = s.built else { return out };
    for by in built.by {
        match by {
            By::Rules => out.extend(
                pack.rules()
                    .iter()
                    .filter(|r| r.clause == s.clause.id)
                    .map(|r| (format!("rule {}", r.id), format!("/assurance/clauses/{}", s.clause.id))),
            ),
            By::Act(name) => out.push((act_words(name), format!("/records?act={name}"))),
            // The address of a page of one force or one thing is a pattern, and leads nowhere by itself.
            By::Page(at) => out.push((format!("the page {at}"), if at.contains('{') { String::new() } else { (*at).to_owned() })),
            By::Job(kind) => out.push((format!("by itself: {}", kind.replace(['.', '_'], " ")), String::new())),
        }
    }
    out
}

/// What an act does, as its own sentence says it.
fn act_words(name: &str) -> String {
    crate::wiring::act(name).map_or(name, |a| a.says).trim_end_matches('.').to_owned()
}

/// The addresses that this person may follow, out of those that evidence leads to.
struct Reach(BTreeMap<&'static str, bool>);

impl Reach {
    async fn of(ctx: &Ctx) -> Result<Reach, http::PageFault> {
        let mut may = BTreeMap::new();
        for reading in [
            "read.own",
            "read.desk",
            "read.register",
            "read.drafts",
            "read.moderation",
            "read.people",
            "read.sessions",
            "read.ledger",
            "read.compliance",
        ] {
            may.insert(reading, ctx.may_read(reading).await?.rating == Rating::Green);
        }
        Ok(Reach(may))
    }

    /// The address, or none where it would be refused; what stands is still read, and nobody is sent to a closed door.
    fn link(&self, href: String) -> String {
        let closed = http::router::reading_of(&href).is_some_and(|reading| self.0.get(reading) == Some(&false));
        if closed { String::new() } else { href }
    }
}

/// `GET /assurance`.
pub async fn get_compliance(ctx: Ctx, OriginalUri(uri): OriginalUri, Query(filter): Query<Filter>) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.compliance").await? {
        return Ok(no);
    }
    let here = uri.path_and_query().map_or("/assurance", |p| p.as_str());
    let shell = shell_for(&ctx, here, Density::Page).await?;
    let pack = ctx.pack().await?;
    let all = standings(&ctx).await?;
    let reach = Reach::of(&ctx).await?;
    let count = |state: State| all.iter().filter(|s| s.found.state == state).count() as u64;
    let tallies = State::ALL
        .into_iter()
        .map(|state| {
            let (label, class, mark) = state.look();
            Tally {
                label: label.into(),
                count: count(state),
                change: String::new(),
                class,
                mark,
                href: format!("/assurance?state={}", state.name()),
            }
        })
        .collect();
    let shares: Vec<(&'static str, u64)> = State::ALL.into_iter().map(|s| (s.look().1, count(s))).collect();
    let shown: Vec<&Standing> = all.iter().filter(|s| matches(s, &filter)).collect();
    let policies = POLICIES
        .iter()
        .filter_map(|(prefix, title)| {
            let of: Vec<&&Standing> = shown.iter().filter(|s| s.clause.id.split('-').next() == Some(prefix)).collect();
            let kept = of.iter().filter(|s| s.found.state == State::Kept).count();
            (!of.is_empty()).then(|| PolicySection {
                id: prefix.to_lowercase(),
                title: (*title).to_owned(),
                says: format!("{kept} of {} kept", of.len()),
                clauses: of.iter().map(|s| row(&ctx, s, &pack, &reach)).collect(),
            })
        })
        .collect();
    let chosen = |value: &str, label: &str, is: &str| Choice { chosen: value == is, ..Choice::new(value, label) };
    let mut states = vec![chosen("", "Any state", &filter.state)];
    states.extend(State::ALL.map(|s| chosen(s.name(), s.look().0, &filter.state)));
    let mut kinds = vec![chosen("", "Any kind", &filter.kind)];
    kinds.extend(["prevent", "detect", "record", "remind", "guide", "publish"].map(|k| chosen(k, k, &filter.kind)));
    http::page(&CompliancePage {
        at: moment(&ctx, ctx.now()),
        strip: strip(&shares),
        shell,
        tallies,
        filter_action: "/assurance".into(),
        states,
        kinds,
        words: filter.words,
        csv: "/assurance.csv".into(),
        policies,
    })
}

fn matches(s: &Standing, filter: &Filter) -> bool {
    let words = filter.words.to_lowercase();
    (filter.state.is_empty() || s.found.state.name() == filter.state)
        && (filter.kind.is_empty() || s.clause.mode == filter.kind)
        && (words.is_empty() || s.clause.id.to_lowercase().contains(&words) || s.clause.says.to_lowercase().contains(&words))
}

fn row(ctx: &Ctx, s: &Standing, pack: &Pack, reach: &Reach) -> ClauseRow {
    let (label, class, mark) = s.found.state.look();
    ClauseRow {
        id: s.clause.id.clone(),
        sentence: s.clause.says.clone(),
        kind: s.clause.mode.clone(),
        state: label.to_owned(),
        class,
        mark,
        since: s.found.since.map(|at| moment(ctx, at)),
        evidence: evidence(s, pack).into_iter().map(|(words, href)| (words, reach.link(href))).collect(),
        owed: String::new(),
    }
}

/// `GET /assurance.csv`: the same, for a board's own paper.
pub async fn get_csv(ctx: Ctx) -> PageResult {
    if let Some(no) = http::refuse_reading(&ctx, "read.compliance").await? {
        return Ok(no);
    }
    let pack = ctx.pack().await?;
    let mut csv = String::from("clause,policy,kind,state,says,evidence\r\n");
    for s in standings(&ctx).await? {
        let evidence: Vec<String> = evidence(&s, &pack).into_iter().map(|(words, _)| words).collect();
        let fields = [&s.clause.id, &s.clause.policy, &s.clause.mode, s.found.state.look().0, &s.clause.says, &evidence.join("; ")]
            .map(http::csv_field);
        csv.push_str(&fields.join(","));
        csv.push_str("\r\n");
    }
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=\"compliance.csv\"")], csv)
        .into_response())
}

#[derive(askama::Template)]
#[template(path = "assurance/templates/clause.html")]
pub struct ClausePage {
    pub shell: Shell,
    pub row: ClauseRow,
    pub section: String,
    pub shows: String,
    pub rules: Vec<RuleRow>,
    /// Where all clauses stand, for those who may see it.
    pub back: String,
}

pub struct RuleRow {
    pub id: String,
    pub says: String,
    pub pack: String,
    pub text: String,
}

/// `GET /assurance/clauses/{id}`: one clause, and the rules that keep it, in their own text.
pub async fn get_clause(ctx: Ctx, Path(id): Path<String>, OriginalUri(uri): OriginalUri) -> PageResult {
    // Everybody may read the rule that refused them.
    let pack = ctx.pack().await?;
    let Some(s) = standings(&ctx).await?.into_iter().find(|s| s.clause.id == id) else {
        return Ok(http::Problem::new(404, "not-found", "there is no such clause in the register").page());
    };
    let rules = pack
        .rules()
        .iter()
        .filter(|r| r.clause == id)
        .map(|r| RuleRow { id: r.id.clone(), says: r.says.clone(), pack: r.pack.clone(), text: r.text.clone() })
        .collect();
    let shell = shell_for(&ctx, uri.path(), Density::Page).await?;
    let reach = Reach::of(&ctx).await?;
    http::page(&ClausePage {
        back: reach.link(format!("/assurance#{id}")),
        shell,
        row: row(&ctx, &s, &pack, &reach),
        section: s.clause.section.clone(),
        shows: s.clause.shows.clone(),
        rules,
    })
}
