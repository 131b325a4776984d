//! `@says`: a sentence with facts in it, `Your training ran out on {principal.trainedUntil?:no date: none is recorded}`.
//!
//! A path starts at `principal`, `resource`, `context`, `force` (a figure of the force), `account` (the account acted
//! on or belonging to what is acted on) or `person` (the colleague in the context). Every path is checked against the
//! schema for every kind of question the rule can meet; where an attribute may be absent, words for its absence are demanded.

use crate::model::{ActionType, Attributes, Type, model};
use bluelamp_domain::question::{Entity, Question, Value};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Fact { path: Vec<String>, absent: Option<String> },
}

impl Sentence {
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close =
                rest[open..].find('}').ok_or_else(|| format!("`{}` opens a fact and does not close it; add `}}`", &rest[open..]))? + open;
            parts.push(Part::Words(rest[..open].to_owned()));
            let (path, absent) = match rest[open + 1..close].split_once("?:") {
                Some((path, words)) if !words.trim().is_empty() => (path, Some(words.to_owned())),
                Some((path, _)) => return Err(format!("`{{{path}?:}}` has no words for its absence")),
                None => (&rest[open + 1..close], None),
            };
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            if path.len() < 2 || path.iter().any(String::is_empty) {
                return Err(format!("`{{{}}}` is no path; write it as `{{resource.kind}}`", path.join(".")));
            }
            parts.push(Part::Fact { path, absent });
            rest = &rest[close + 1..];
        }
        if rest.contains('}') {
            return Err(format!("`{rest}` closes a fact that was not opened"));
        }
        parts.push(Part::Words(rest.to_owned()));
        Ok(Sentence(parts))
    }

    /// What is wrong with its facts when `principal` does `action` to `resource`.
    pub fn faults(&self, principal: &str, action: &ActionType, resource: &str) -> Vec<String> {
        let facts = self.0.iter().filter_map(|p| match p {
            Part::Fact { path, absent } => Some((path, absent)),
            Part::Words(_) => None,
        });
        facts.filter_map(|(path, absent)| fact_fault(path, absent.is_some(), principal, action, resource).err()).collect()
    }

    pub fn render(&self, principal: &Entity, question: &Question) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Fact { path, absent } => match look_up(path, principal, question) {
                    Some(value) => out.push_str(&words_of(value)),
                    None => out.push_str(absent.as_deref().unwrap_or("not known")),
                },
            }
        }
        out
    }
}

/// A path as written, from one of the schema's own roots: `force` and the like are short for longer ways.
fn spelt_out<'p>(path: &'p [String], resource: &str) -> Vec<&'p str> {
    let tail = path[1..].iter().map(String::as_str);
    let head: &[&str] = match path[0].as_str() {
        "force" => &["principal", "force", "figures"],
        "account" if resource == "Account" => &["resource"],
        "account" => &["resource", "account"],
        "person" => &["context", "person"],
        root => return std::iter::once(root).chain(tail).collect(),
    };
    head.iter().copied().chain(tail).collect()
}

fn fact_fault(path: &[String], has_words: bool, principal: &str, action: &ActionType, resource: &str) -> Result<(), String> {
    let written = path.join(".");
    let steps = spelt_out(path, resource);
    let mut here = match steps[0] {
        "principal" => Type::Entity(principal.to_owned()),
        "resource" => Type::Entity(resource.to_owned()),
        "context" => Type::Record(action.context.clone()),
        root => return Err(format!("`{{{written}}}` starts at `{root}`; start at principal, resource, context, force, account or person")),
    };
    for step in &steps[1..] {
        let attributes: Option<&Attributes> = match &here {
            Type::Entity(kind) => model().entities.get(kind),
            Type::Record(fields) => Some(fields),
            _ => None,
        };
        let attribute = attributes
            .and_then(|a| a.get(*step))
            .cloned()
            .ok_or_else(|| format!("`{{{written}}}`: there is no `{step}` when a {principal} acts on a {resource}"))?;
        if !attribute.required && !has_words {
            return Err(format!("`{{{written}}}` may be absent; say what then: `{{{written}?:words}}`"));
        }
        here = attribute.of;
    }
    match &here {
        Type::Entity(kind) if model().entities.contains_key(kind) => {
            Err(format!("`{{{written}}}` is a whole {kind}; name one of its attributes"))
        }
        Type::Record(_) => Err(format!("`{{{written}}}` is a record; name one of its fields")),
        _ => Ok(()),
    }
}

fn look_up<'v>(path: &[String], principal: &'v Entity, question: &'v Question) -> Option<&'v Value> {
    let steps = spelt_out(path, question.resource.of.kind);
    let mut fields: &BTreeMap<&'static str, Value> = match steps[0] {
        "principal" => &principal.attrs,
        "resource" => &question.resource.attrs,
        _ => &question.context,
    };
    let (last, between) = steps[1..].split_last()?;
    for step in between {
        fields = match fields.get::<str>(step)? {
            Value::Record(inner) => inner,
            Value::Ref(of) => &std::iter::once(&question.resource).chain(&question.others).find(|e| e.of == *of)?.attrs,
            _ => return None,
        };
    }
    fields.get::<str>(last)
}

fn words_of(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Long(n) => n.to_string(),
        Value::Text(t) => t.clone(),
        Value::Ref(r) => r.id.replace('-', " "),
        Value::Date(d) => d.strftime("%-d %B %Y").to_string(),
        Value::Instant(i) => i.timestamp().strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Value::Set(members) if members.is_empty() => "none".into(),
        Value::Set(members) => members.iter().map(words_of).collect::<Vec<_>>().join(", "),
        Value::Record(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bluelamp_domain::question::Ref;
    use jiff::civil::date;
    use uuid::Uuid;

    fn asked() -> (Entity, Question) {
        let person = Entity::new("Person", "p").with("force", Ref::new("Force", "f")).with("trainedUntil", date(2026, 3, 4));
        let figures = Value::Record([("look_minutes", Value::Long(15))].into());
        let draft = Entity::new("Draft", "d").with("account", Ref::new("Account", "a")).with("kind", Value::word("DraftKind", "appeal"));
        let account = Entity::new("Account", "a").with("contributors", 1);
        let question =
            Question::new("publishing.publish", Uuid::nil(), draft).also(account).also(Entity::new("Force", "f").with("figures", figures));
        (person, question)
    }

    #[test]
    fn facts_are_found_wherever_they_stand() {
        let (person, question) = asked();
        let says = |t: &str| Sentence::parse(t).unwrap().render(&person, &question);
        assert_eq!(says("until {principal.trainedUntil?:no date}"), "until 4 March 2026");
        assert_eq!(says("{resource.kind} on {account.contributors}, {force.look_minutes} minutes"), "appeal on 1, 15 minutes");
        assert_eq!(says("stage {resource.caseStage?:unknown}."), "stage unknown.");
    }

    #[test]
    fn what_may_be_absent_needs_words_and_what_is_not_there_is_a_fault() {
        let publish = &model().actions["publishing.publish"];
        let faults = |t: &str| Sentence::parse(t).unwrap().faults("Person", publish, "Draft").join("; ");
        assert!(faults("{principal.trainedUntil}").contains("may be absent"));
        assert_eq!(faults("{principal.trainedUntil?:never} {force.look_minutes} {account.state}"), "");
        assert!(faults("{resource.colour}").contains("no `colour`"));
        assert!(faults("{resource.account}").contains("whole Account"));
        assert!(faults("{draft.kind}").contains("starts at `draft`"));
        assert!(faults("{force.no_such_figure}").contains("no `no_such_figure`"));
    }

    #[test]
    fn broken_braces_are_errors() {
        for broken in ["{open", "closed}", "{alone}", "{a..b}", "{a.b?:}"] {
            assert!(Sentence::parse(broken).is_err(), "{broken}");
        }
    }
}
