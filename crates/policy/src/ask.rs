//! One question, two evaluations: the permits alone, then the forbids. No permit is red; a refusal is red; a hold is
//! amber; else green. All forbids that apply come back at once.
//!
//! INVARIANT (I10): Cedar skips a rule that errors, so any error of either evaluation refuses, as does a question that
//! does not fit the schema.

use crate::convert;
use crate::model::model;
use crate::pack::Pack;
use crate::rules::{Effect, Loaded};
use bluelamp_domain::decision::{Decision, Rating, Reason};
use bluelamp_domain::question::{Entity, Question, Value};
use bluelamp_domain::time::Instant;
use cedar_policy::{Authorizer, Context, Entities, EntityUid, PolicySet, Request, Response};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The rules that can matter when one kind of principal does one act to one kind of thing: what an evaluation costs grows
/// with their number, and the others could not apply whatever the facts.
#[derive(Debug)]
pub(crate) struct Slice {
    permits: PolicySet,
    forbids: PolicySet,
    /// The act and its groups, which rules may name.
    actions: Entities,
}

/// By kind of principal, act and kind of thing: every question that the schema has, be there rules for it or not.
pub(crate) type Slices = HashMap<(&'static str, &'static str, &'static str), Slice>;

/// What nobody was given, nobody may do.
pub(crate) const NO_RULE: &str = "no-rule-gives-this";

pub(crate) fn slices(rules: &BTreeMap<String, Loaded>) -> Slices {
    let all = model().schema.action_entities().expect("the schema was read, so its actions stand in a tree");
    let mut by_place: HashMap<(&str, &str, &str), Vec<&Loaded>> = HashMap::new();
    for loaded in rules.values() {
        for (principal, act, resource) in &loaded.places {
            by_place.entry((principal.as_str(), act.as_str(), resource.as_str())).or_default().push(loaded);
        }
    }
    let mut slices = Slices::new();
    for (name, action) in &model().actions {
        let concerns = |uid: &EntityUid| {
            let id = uid.id().unescaped();
            id == name || action.groups.contains(id)
        };
        let actions = all.iter().filter(|e| concerns(&e.uid())).cloned();
        let actions = Entities::from_entities(actions, None).expect("a part of a tree is a tree");
        for (principal, resource) in action.principals.iter().flat_map(|p| action.resources.iter().map(move |r| (p, r))) {
            let place = (principal.as_str(), name.as_str(), resource.as_str());
            let matter = by_place.get(&place).map(Vec::as_slice).unwrap_or_default();
            let of = |permits: bool| {
                let chosen = matter.iter().filter(|l| (l.rule.effect == Effect::Grant) == permits).map(|l| l.policy.clone());
                PolicySet::from_policies(chosen).expect("ids are unique keys of the map")
            };
            slices.insert(place, Slice { permits: of(true), forbids: of(false), actions: actions.clone() });
        }
    }
    slices
}

impl Pack {
    /// May `principal` do this now? `today` is the force's civil date, `releases` the holds that were released for this
    /// revision. The force itself, with its figures, stands among `question.others` unless it is the resource.
    pub fn ask(&self, principal: &Entity, question: &Question, now: Instant, today: Date, releases: &BTreeSet<String>) -> Decision {
        self.try_ask(principal, question, now, today, releases)
            .unwrap_or_else(|why| Decision::failed(self.hash(), format!("{}: {why}", question.action)))
    }

    fn try_ask(
        &self,
        principal: &Entity,
        question: &Question,
        now: Instant,
        today: Date,
        releases: &BTreeSet<String>,
    ) -> Result<Decision, String> {
        let place = (principal.of.kind, question.action, question.resource.of.kind);
        let slice = self.slices.get(&place).ok_or("the schema has no such act of such a principal on such a thing")?;
        let entities = self.entities(slice, principal, question)?;
        let request = request(principal, question, now, today, releases)?;
        let permits = evaluate(&request, &slice.permits, &entities)?;
        let forbids = evaluate(&request, &slice.forbids, &entities)?;

        let mut granted_by: Vec<String> = permits.diagnostics().reason().map(ToString::to_string).collect();
        granted_by.sort_unstable();
        let mut reasons =
            forbids.diagnostics().reason().map(|id| self.reason(id.as_ref(), principal, question)).collect::<Result<Vec<_>, _>>()?;
        if granted_by.is_empty() {
            reasons.push(Reason {
                rule: NO_RULE.into(),
                clause: String::new(),
                says: no_rule(principal),
                rating: Rating::Red,
                approver: None,
            });
        }
        reasons.sort_by(|a, b| (&a.clause, &a.rule).cmp(&(&b.clause, &b.rule)));
        let rating = reasons.iter().map(|r| r.rating).max().unwrap_or(Rating::Green);
        Ok(Decision { rating, reasons, granted_by, pack: self.hash().to_owned(), fault: None })
    }

    /// Everything that the rules may look at: the principal, the things asked about, the act and its groups.
    fn entities(&self, slice: &Slice, principal: &Entity, question: &Question) -> Result<Entities, String> {
        let mut seen = BTreeMap::from([(&principal.of, principal)]);
        let mut all = Vec::new();
        for entity in std::iter::once(&question.resource).chain(&question.others) {
            match seen.insert(&entity.of, entity) {
                None => all.push(convert::entity(entity)?),
                Some(other) if other == entity => {}
                Some(_) => return Err(format!("{} `{}` was described twice, differently", entity.of.kind, entity.of.id)),
            }
        }
        let principal = self.principals.entities(principal)?;
        let acting = principal.add_entities(slice.actions.iter().cloned(), None).map_err(|e| e.to_string())?;
        acting.add_entities(all, Some(&model().schema)).map_err(|e| e.to_string())
    }

    fn reason(&self, id: &str, principal: &Entity, question: &Question) -> Result<Reason, String> {
        let loaded = self.loaded.get(id).ok_or_else(|| format!("`{id}` answered and is not in the pack"))?;
        let rule = &loaded.rule;
        let rating = if rule.effect == Effect::Hold { Rating::Amber } else { Rating::Red };
        let says = loaded.sentence.render(principal, question);
        Ok(Reason { rule: rule.id.clone(), clause: rule.clause.clone(), says, rating, approver: rule.approver.clone() })
    }
}

fn evaluate(request: &Request, set: &PolicySet, entities: &Entities) -> Result<Response, String> {
    let response = Authorizer::new().is_authorized(request, set, entities);
    let errors: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
    if errors.is_empty() { Ok(response) } else { Err(errors.join("; ")) }
}

fn request(principal: &Entity, question: &Question, now: Instant, today: Date, releases: &BTreeSet<String>) -> Result<Request, String> {
    let mut context = question.context.clone();
    context.insert("today", Value::Date(today));
    context.insert("now", Value::Instant(now));
    context.insert("releases", Value::texts(releases));
    let pairs = context.iter().map(|(name, v)| Ok(((*name).to_owned(), convert::value(v)?))).collect::<Result<Vec<_>, String>>()?;
    let context = Context::from_pairs(pairs).map_err(|e| e.to_string())?;
    let action = model().uid(question.action).ok_or("the schema has no such act")?.clone();
    Request::new(convert::uid(&principal.of)?, action, convert::uid(&question.resource.of)?, context, Some(&model().schema))
        .map_err(|e| e.to_string())
}

fn no_rule(principal: &Entity) -> String {
    match principal.of.kind {
        "System" => "No rule gives this part of the system that act.".into(),
        _ => "None of your roles gives you this. Ask an administrator which role does, or a colleague who has it.".into(),
    }
}
