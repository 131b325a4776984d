//! I10: any error while deciding is a refusal, taking a fact away never helps, and a pack that adds rules never allows more.

use crate::model::{Type, model};
use crate::pack::{Pack, load};
use bluelamp_domain::decision::{Decision, Rating};
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::time::Instant;
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

pub(crate) fn shipped() -> BTreeMap<String, Vec<u8>> {
    fn read(folder: &Path, path: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let inside = format!("{path}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                read(&entry.path(), &inside, files);
            } else {
                files.insert(inside, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    for pack in ["college-app", "leicestershire"] {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(pack), pack, &mut files);
    }
    files
}

fn packs() -> &'static [Pack; 2] {
    static PACKS: OnceLock<[Pack; 2]> = OnceLock::new();
    PACKS.get_or_init(|| ["college-app", "leicestershire"].map(|name| load(&shipped(), name).unwrap()))
}

/// A question drawn from a seed: any act, any attributes of the right types, from small pools in which rules find something.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn value(&mut self, name: &str, of: &'static Type) -> Value {
        match of {
            Type::Bool => Value::Bool(self.below(4) != 0),
            Type::Long => Value::Long(self.below(6) as i64),
            Type::Text => Value::from(self.text(name)),
            Type::Moment => Value::Date(date(2026, 6, 12 + self.below(7) as i8)),
            Type::Set(member) => {
                let n = self.below(4);
                Value::Set((0..n).map(|_| self.value(name, member)).collect())
            }
            Type::Entity(kind) => match model().vocabularies.get(kind) {
                Some(words) => Value::word(kind, words.iter().nth(self.below(words.len())).unwrap()),
                None => Value::Ref(Ref::new(kind, kind.to_lowercase())),
            },
            Type::Record(fields) => Value::Record(fields.iter().map(|(n, a)| (n.as_str(), self.value(n, &a.of))).collect()),
        }
    }

    fn text(&mut self, name: &str) -> &'static str {
        match name {
            "signs" => self.one(&[
                "image",
                "image-without-alt",
                "names-person",
                "guilt-word",
                "victim-word",
                "political",
                "restricted-word",
                "plate",
                "jargon",
            ]),
            "thrive" => self.one(&["threat", "harm", "risk", "investigation", "vulnerability", "engagement"]),
            "ground" => self.one(&["spam", "contempt", "criticism", ""]),
            "purpose" => self.one(&["trust-confidence", "behaviour-change", ""]),
            "area" | "areas" => self.one(&["north", "south", ""]),
            "approvers" => self.one(&["self", "command", "digital-media-team"]),
            "acts" => self.one(&["desk.reply", "security.issue_token"]),
            _ => self.one(&["publisher", "desk", ""]),
        }
    }

    fn entity(&mut self, kind: &'static str, id: &str) -> Entity {
        let mut entity = Entity::new(kind, id);
        for (name, attribute) in &model().entities[kind] {
            if attribute.required || self.below(2) == 0 {
                entity.attrs.insert(name.as_str(), self.value(name, &attribute.of));
            }
        }
        entity
    }

    fn asked(&mut self) -> Asked {
        let actions: Vec<_> = model().actions.iter().collect();
        // Acts that many rules concern come up more often than their share.
        let favourites = [
            "publishing.publish",
            "publishing.send",
            "desk.reply",
            "desk.close",
            "community.hide",
            "community.block",
            "accounts.authorise",
            "accounts.change",
        ];
        let (name, action) = if self.below(2) == 0 {
            model().actions.get_key_value(self.one(&favourites)).unwrap()
        } else {
            actions[self.below(actions.len())]
        };
        let principal = if !name.starts_with("act.") && self.below(6) == 0 {
            let actor = self.one(&["intake", "scheduler", "retention", "sequencer", "operator"]);
            self.entity("System", "system").with("name", actor)
        } else {
            let mut person =
                self.entity("Person", "person").with("everyAccount", self.below(2) == 0).with("secondFactor", true).with("active", true);
            for _ in 0..self.below(3) + 1 {
                let roles = &model().vocabularies["Role"];
                person = person.under(Ref::new("Role", roles.iter().nth(self.below(roles.len())).unwrap()));
            }
            person
        };
        let kind = action.resources.iter().next().unwrap();
        let kind = model().entities.get_key_value(kind).unwrap().0.as_str();
        let mut question = Question::new(name, uuid::Uuid::nil(), self.entity(kind, &kind.to_lowercase()));
        for other in ["Force", "Account", "Colleague"] {
            if other != kind {
                question = question.also(self.entity(other, &other.to_lowercase()));
            }
        }
        for (key, attribute) in action.context.iter().filter(|(k, _)| !["today", "now", "releases"].contains(&k.as_str())) {
            if attribute.required || self.below(2) == 0 {
                question.context.insert(key.as_str(), self.value(key, &attribute.of));
            }
        }
        let releases = packs()[1].rules().iter().filter(|_| self.below(8) == 0).map(|r| r.id.clone()).collect();
        Asked { principal, question, releases }
    }
}

#[derive(Clone)]
struct Asked {
    principal: Entity,
    question: Question,
    releases: BTreeSet<String>,
}

impl Asked {
    fn of(&self, pack: &Pack) -> Decision {
        pack.ask(&self.principal, &self.question, Instant(1_781_000_000_000_000), date(2026, 6, 15), &self.releases)
    }

    /// The same with one optional fact less, for each that is there.
    fn poorer(&self) -> Vec<(String, Asked)> {
        let mut all = Vec::new();
        for name in model().actions[self.question.action].context.iter().filter(|(_, a)| !a.required).map(|(n, _)| n.as_str()) {
            let mut less = self.clone();
            if less.question.context.remove(name).is_some() {
                all.push((format!("context.{name}"), less));
            }
        }
        for i in 0..2 + self.question.others.len() {
            let kind = self.nth(i).of.kind;
            for name in crate::model::optional_attributes(kind) {
                let mut less = self.clone();
                if less.nth_mut(i).attrs.remove(name).is_some() {
                    all.push((format!("{kind}.{name}"), less));
                }
            }
        }
        all
    }

    fn nth(&self, i: usize) -> &Entity {
        match i {
            0 => &self.principal,
            1 => &self.question.resource,
            _ => &self.question.others[i - 2],
        }
    }

    fn nth_mut(&mut self, i: usize) -> &mut Entity {
        match i {
            0 => &mut self.principal,
            1 => &mut self.question.resource,
            _ => &mut self.question.others[i - 2],
        }
    }
}

fn taking_away_never_helps(asked: &Asked) -> usize {
    let mut taken = 0;
    for pack in packs() {
        let before = asked.of(pack);
        assert_eq!(before.fault, None, "{} on {:?}", asked.question.action, asked.question);
        for (what, less) in asked.poorer() {
            let after = less.of(pack);
            assert!(
                after.rating >= before.rating,
                "{} without {what}: {:?} became {:?}",
                asked.question.action,
                before.reasons,
                after.reasons
            );
            taken += 1;
        }
    }
    taken
}

#[test]
fn i10_taking_any_optional_fact_of_any_case_away_never_turns_a_refusal_into_an_allow() {
    let mut taken = 0;
    for pack in packs() {
        for case in &pack.cases {
            let world = &case.world;
            taken += taking_away_never_helps(&Asked {
                principal: world.principal.clone(),
                question: world.question(pack.figures()),
                releases: world.releases.clone(),
            });
        }
    }
    assert!(taken > 300, "only {taken} facts were there to take away");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i10_taking_any_optional_fact_of_any_question_away_never_helps(seed in any::<u64>()) {
        taking_away_never_helps(&Dice(seed).asked());
    }

    #[test]
    fn i10_a_pack_that_adds_rules_never_makes_anything_greener(seed in any::<u64>()) {
        let asked = Dice(seed).asked();
        let (parent, child) = (asked.of(&packs()[0]), asked.of(&packs()[1]));
        prop_assert!(child.rating >= parent.rating);
        for reason in parent.reasons {
            prop_assert!(child.reasons.contains(&reason), "the child lost {:?}", reason);
        }
    }
}

#[test]
fn i10_any_part_of_a_child_is_never_greener_than_its_parent() {
    let all = shipped();
    let files: Vec<&String> = all.keys().filter(|p| p.starts_with("leicestershire/rules/")).collect();
    for left_out in &files {
        let mut some = all.clone();
        some.retain(|path, _| path != *left_out && !path.starts_with("leicestershire/cases/"));
        let part = load(&some, "leicestershire").unwrap();
        let mut dice = Dice(left_out.len() as u64 * 7919);
        for _ in 0..100 {
            let asked = dice.asked();
            let [parent, whole] = [&packs()[0], &packs()[1]].map(|p| asked.of(p).rating);
            let between = asked.of(&part).rating;
            assert!(parent <= between && between <= whole, "{left_out}");
        }
    }
}

/// A question that is green as it stands.
fn green() -> Asked {
    let case = packs()[1]
        .cases
        .iter()
        .find(|c| c.act == "publishing.publish" && c.expect.rating == Rating::Green && c.world.releases.is_empty())
        .unwrap();
    Asked { principal: case.world.principal.clone(), question: case.world.question(packs()[1].figures()), releases: BTreeSet::new() }
}

#[test]
fn i10_a_question_that_does_not_fit_is_refused_and_says_so() {
    assert_eq!(green().of(&packs()[1]).rating, Rating::Green);
    type Break = (&'static str, fn(&mut Asked));
    let broken: [Break; 9] = [
        ("an account that nobody described", |a| a.question.others.retain(|e| e.of.kind != "Account")),
        ("a fact that the schema does not have", |a| _ = a.question.resource.attrs.insert("colour", "blue".into())),
        ("a fact of another type", |a| _ = a.question.resource.attrs.insert("hasCase", "yes".into())),
        ("a fact that is always there, missing", |a| _ = a.question.resource.attrs.remove("isAuthor")),
        ("a word outside its vocabulary", |a| _ = a.question.resource.attrs.insert("kind", Value::word("DraftKind", "apeal"))),
        ("a role that does not exist", |a| a.principal.parents.push(Ref::new("Role", "wizard"))),
        ("an act that does not exist", |a| a.question.action = "publishing.shout"),
        ("a circumstance that the act does not have", |a| _ = a.question.context.insert("weather", "rain".into())),
        ("one thing described in two ways", |a| {
            let other = a.question.resource.clone().with("revision", 99);
            a.question.others.push(other);
        }),
    ];
    for (what, breaks) in broken {
        let mut asked = green();
        breaks(&mut asked);
        let decision = asked.of(&packs()[1]);
        assert_eq!(decision.rating, Rating::Red, "{what}");
        assert!(decision.fault.is_some(), "{what} did not say so");
        assert_eq!(decision.reasons[0].rule, "could-not-decide", "{what}");
        assert!(decision.granted_by.is_empty(), "{what}");
    }
}

#[test]
fn i10_a_rule_that_errors_while_deciding_refuses() {
    let mut files = shipped();
    let rule = r#"@id("LEICS-MON-2.overflow") @clause("LEICS-MON-2") @outcome("refuse") @says("Never.")
        forbid (principal, action == Action::"publishing.publish", resource) when { resource.revision + 9223372036854775807 < 0 };"#;
    files.insert("leicestershire/rules/overflow.cedar".into(), rule.into());
    let pack = load(&files, "leicestershire").unwrap();
    let decision = green().of(&pack);
    assert_eq!(decision.rating, Rating::Red);
    assert!(decision.fault.is_some_and(|f| f.contains("LEICS-MON-2.overflow") && f.contains("overflow")));
}
