//! `pack check`: the cases answered, the clauses that no rule serves, the rules that lack a case.

use crate::cases::Case;
use crate::model::model;
use crate::pack::Pack;
use crate::register;
use crate::rules::Effect;
use crate::world;
use bluelamp_domain::decision::{Decision, Rating};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    pub pack: String,
    pub file: String,
    pub rule: String,
    pub says: String,
    /// What came out instead; `None` when it came out as expected.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub pack: String,
    pub version: String,
    pub hash: String,
    pub rules: usize,
    /// Of this pack and of those it extends, each asked of its own pack.
    pub cases: Vec<CaseResult>,
    /// Clauses of this policy and of those it extends that no rule of the pack serves. Not a fault: a clause may be
    /// kept by a record, a task or a page.
    pub clauses_without_rule: Vec<String>,
    /// Each rule of the pack for which the cases do not show both that it applies and that it does not.
    pub rules_without_case: Vec<String>,
}

impl Report {
    /// Every case came out as it says, and every rule is shown at work.
    pub fn passed(&self) -> bool {
        self.rules_without_case.is_empty() && self.failed().next().is_none()
    }

    pub fn failed(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter(|c| c.fault.is_some())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {} ({})", self.pack, self.version, self.hash.get(..12).unwrap_or_default())?;
        writeln!(f, "{} rules, {} cases, {} not as expected", self.rules, self.cases.len(), self.failed().count())?;
        for case in self.failed() {
            writeln!(f, "  {} {}: {}\n    {}", case.file, case.rule, case.says, case.fault.as_deref().unwrap_or_default())?;
        }
        if !self.rules_without_case.is_empty() {
            writeln!(f, "rules to be shown by a case:\n  {}", self.rules_without_case.join("\n  "))?;
        }
        write!(f, "{} clauses without a rule: {}", self.clauses_without_rule.len(), self.clauses_without_rule.join(", "))
    }
}

impl Pack {
    /// Answers every case. The pack is whole already: [`crate::load`] refuses one that is not.
    pub fn check(&self) -> Report {
        let mut report = self.parent.as_ref().map(|p| p.check()).unwrap_or_default();
        let answers: Vec<(&Case, Decision)> = self.cases.iter().map(|c| (c, self.answer(c))).collect();
        report.cases.extend(answers.iter().map(|(case, decision)| CaseResult {
            pack: self.name().to_owned(),
            file: case.file.clone(),
            rule: case.rule.clone(),
            says: case.says.clone(),
            fault: difference(case, decision),
        }));
        for rule in self.rules().iter().filter(|r| r.pack == self.name()) {
            let mut about = answers.iter().filter(|(c, _)| c.rule == rule.id).map(|(_, d)| match rule.effect {
                Effect::Grant => d.granted_by.contains(&rule.id),
                Effect::Refuse | Effect::Hold => d.reasons.iter().any(|r| r.rule == rule.id),
            });
            let (mut yes, mut no) = (false, false);
            about.by_ref().for_each(|applies| if applies { yes = true } else { no = true });
            let lacks = match (yes, no) {
                (true, true) => continue,
                (false, false) => "no case",
                (true, false) => "no case where it does not apply",
                (false, true) => "no case where it applies",
            };
            report.rules_without_case.push(format!("{}: {lacks}", rule.id));
        }
        let of_chain = register::clauses().iter().filter(|c| self.chain().contains(&c.policy));
        report.clauses_without_rule = of_chain.filter(|c| !self.rules().iter().any(|r| r.clause == c.id)).map(|c| c.id.clone()).collect();
        report.pack = self.name().to_owned();
        report.version = self.version().to_owned();
        report.hash = self.hash().to_owned();
        report.rules = self.rules().len();
        report
    }

    /// Each act with the roles and the parts of the system that could do it in a world where all is in order: green or
    /// amber, never red. What stands against them on a given day is not in it.
    pub fn who_may(&self) -> BTreeMap<&'static str, Vec<String>> {
        let roles = model().vocabularies["Role"].iter().map(|r| ("role", r.as_str()));
        let parts = ["intake", "scheduler", "retention", "sequencer", "operator"].map(|a| ("system", a));
        let all: Vec<(&str, &str)> = roles.chain([("role", "none")]).chain(parts).collect();
        let may = |act: &'static str, (key, who): (&str, &str)| {
            let world = world::build(act, &toml::Table::from_iter([(key.to_owned(), who.into()), own(act)])).ok()?;
            let decision = self.ask(&world.principal, &world.question(self.figures()), world.now, world.today, &world.releases);
            (decision.rating != Rating::Red)
                .then(|| if who == "none" { "anyone".to_owned() } else { format!("{}{who}", if key == "system" { "system:" } else { "" }) })
        };
        model().actions.keys().map(|act| (act.as_str(), all.iter().filter_map(|w| may(act, *w)).collect())).collect()
    }

    pub(crate) fn answer(&self, case: &Case) -> Decision {
        let w = &case.world;
        self.ask(&w.principal, &w.question(self.figures()), w.now, w.today, &w.releases)
    }
}

/// What one does to oneself is asked of oneself.
fn own(act: &str) -> (String, toml::Value) {
    let own = [
        "security.sign_in",
        "security.add_credential",
        "security.remove_credential",
        "security.make_recovery_codes",
        "people.accept_invite",
    ]
    .contains(&act);
    let says = if act == "people.settle_task" { Some("mine") } else { own.then_some("isSelf") };
    let resource: toml::Table = says.map(|what| (what.to_owned(), true.into())).into_iter().collect();
    ("resource".to_owned(), resource.into())
}

fn difference(case: &Case, decision: &Decision) -> Option<String> {
    let mut expected = case.expect.reasons.clone();
    let mut came: Vec<String> = decision.reasons.iter().map(|r| r.rule.clone()).collect();
    expected.sort();
    came.sort();
    if decision.rating == case.expect.rating && expected == came && decision.fault.is_none() {
        return None;
    }
    let fault = decision.fault.as_deref().map(|f| format!("; {f}")).unwrap_or_default();
    Some(format!(
        "expected {} [{}], came {} [{}]{fault}",
        case.expect.rating.name(),
        expected.join(", "),
        decision.rating.name(),
        came.join(", ")
    ))
}
