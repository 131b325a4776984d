//! The small world in which a case is asked: one force, one person, one account, one of each thing, all in order.
//! A case says only what matters to it. The keys are described in the crate's README.

use crate::model::{Attributes, Type, model};
use bluelamp_domain::figures::Figures;
use bluelamp_domain::question::{Entity, Question, Ref, Value};
use bluelamp_domain::time::Instant;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use toml::{Table, Value as Toml};

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub principal: Entity,
    pub question: Question,
    pub now: Instant,
    pub today: Date,
    pub releases: BTreeSet<String>,
    figures: Table,
}

impl World {
    /// The question, with the force as `figures` make it.
    pub fn question(&self, figures: &Figures) -> Question {
        let mut question = self.question.clone();
        let all = figures
            .all()
            .into_iter()
            .map(|(name, n)| (name, Value::Long(self.figures.get(name).and_then(Toml::as_integer).unwrap_or(n))))
            .collect();
        for entity in std::iter::once(&mut question.resource).chain(&mut question.others).filter(|e| e.of.kind == "Force") {
            entity.attrs.insert("figures", Value::Record(BTreeMap::clone(&all)));
        }
        question
    }
}

/// What a thing is like unless a case says otherwise: in order, so that one change shows one rule.
const ORDINARY: &str = r#"
today = 2026-06-15
[Force]
live = true
[Person]
force = "force"
kind = "officer"
level = 2
accounts = ["account"]
areas = ["north"]
active = true
trainedUntil = 2027-01-31
onDuty = true
secondFactor = true
[System]
force = "force"
[Colleague]
force = "force"
kind = "officer"
active = true
level = 2
trainedUntil = 2027-01-31
[Task]
force = "force"
[Session]
force = "force"
person = "colleague"
[Token]
force = "force"
own = true
acts = ["read.desk"]
[Account]
force = "force"
platform = "bluesky"
kind = "main"
state = "live"
connected = true
contributors = 3
monitoredBy = ["contact", "corporate"]
can = ["publish", "reply", "reply-private", "hide", "delete", "report", "block", "images"]
[Draft]
force = "force"
account = "account"
author = "author"
kind = "post"
purpose = "trust-confidence"
revision = 1
[Case]
force = "force"
stage = "open"
[Message]
force = "force"
account = "account"
priority = "routine"
claimedByMe = true
[Held]
force = "force"
by = "author"
act = "publishing.publish"
approvers = ["digital-media-team"]
approversMatched = true
[context]
role = "publisher"
person = "colleague"
completedOn = 2026-06-01
secondFactor = true
roleAllowsIndividual = true
reasonGiven = true
contactedFirst = true
ground = "spam"
outcome = "answered"
standardCited = true
evidenceKept = true
engagement = true
adviceRecorded = true
can = true
"#;

fn ordinary() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(ORDINARY).expect("the text above is TOML, and every case reads it"))
}

pub(crate) fn build(act: &'static str, given: &Table) -> Result<World, String> {
    let ordinary = ordinary();
    let action = &model().actions[act];
    let kind = model()
        .entities
        .get_key_value(action.resources.iter().next().ok_or("the act has no resource")?)
        .ok_or("the act's resource is no entity")?
        .0
        .as_str();
    let mut keys = Keys { given, used: BTreeSet::new(), without: texts(given.get("without"))? };
    keys.used.insert("without");

    let principal = match keys.take("system") {
        Some(name) => {
            let name = name.as_str().ok_or("`system` is the name of a part of the system")?;
            keys.entity("System", name, "principal", ordinary)?.with("name", name)
        }
        None => {
            let roles = match keys.take("role") {
                Some(Toml::String(none)) if none == "none" => Vec::new(),
                other => texts(other)?,
            };
            let person = keys.entity("Person", "person", "principal", ordinary)?.with("roles", Value::texts(&roles));
            roles.iter().fold(person, |p, role| p.under(Ref::new("Role", role)))
        }
    };
    let resource = keys.entity(kind, if kind == "Force" { "force" } else { "resource" }, "resource", ordinary)?;
    let resource = if kind == "Account" { Entity { of: Ref::new("Account", "account"), ..resource } } else { resource };
    let mut question = Question::new(act, uuid::Uuid::nil(), resource);
    let others = [
        ("Force", "force", "force"),
        ("Force", "elsewhere", "elsewhere"),
        ("Account", "account", "account"),
        ("Colleague", "colleague", "colleague"),
    ];
    for (other, id, key) in others {
        if question.resource.of != Ref::new(other, id) {
            question = question.also(keys.entity(other, id, key, ordinary)?);
        }
    }
    question.context = keys.attributes(&action.context, ordinary.get("context"), "context")?;
    for told_by_us in ["today", "now", "releases"] {
        question.context.remove(told_by_us);
    }
    let today = date(keys.take("today").or(ordinary.get("today")).ok_or("no date")?)?;
    let releases = texts(keys.take("releases"))?.into_iter().collect();
    let figures = keys.table("figures")?;
    if let Some(unknown) = figures.keys().find(|k| !Figures::default().all().iter().any(|(n, _)| n == k)) {
        return Err(format!("there is no figure `{unknown}`"));
    }
    keys.all_used()?;
    let noon = today.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| e.to_string())?.timestamp();
    Ok(World { principal, question, now: noon.into(), today, releases, figures })
}

/// What a case gives, and which of it was understood.
struct Keys<'g> {
    given: &'g Table,
    used: BTreeSet<&'static str>,
    without: Vec<String>,
}

impl<'g> Keys<'g> {
    fn take(&mut self, key: &'static str) -> Option<&'g Toml> {
        self.used.insert(key);
        self.given.get(key)
    }

    fn table(&mut self, key: &'static str) -> Result<Table, String> {
        match self.take(key) {
            None => Ok(Table::new()),
            Some(Toml::Table(t)) => Ok(t.clone()),
            Some(_) => Err(format!("`{key}` holds attributes: `{key}.name = value`")),
        }
    }

    fn entity(&mut self, kind: &'static str, id: &str, key: &'static str, ordinary: &Table) -> Result<Entity, String> {
        let attrs = self.attributes(&model().entities[kind], ordinary.get(kind), key)?;
        Ok(Entity { of: Ref::new(kind, id), parents: Vec::new(), attrs })
    }

    /// Every required attribute, those optional ones that are ordinary or given, none of those taken away.
    fn attributes(
        &mut self,
        types: &'static Attributes,
        ordinary: Option<&Toml>,
        key: &'static str,
    ) -> Result<BTreeMap<&'static str, Value>, String> {
        let given = self.table(key)?;
        if let Some(unknown) = given.keys().find(|k| !types.contains_key(*k)) {
            return Err(format!("there is no `{key}.{unknown}`"));
        }
        let mut attrs = BTreeMap::new();
        for (name, attribute) in types {
            let path = format!("{key}.{name}");
            if let Some(at) = self.without.iter().position(|w| *w == path) {
                if attribute.required {
                    return Err(format!("`{path}` is always there, so it cannot be left out"));
                }
                self.without.remove(at);
                continue;
            }
            let value = match given.get(name).or_else(|| ordinary.and_then(|o| o.get(name))) {
                Some(toml) => value(&attribute.of, toml).map_err(|e| format!("`{path}`: {e}"))?,
                None if attribute.required => empty(&attribute.of),
                None => continue,
            };
            attrs.insert(name.as_str(), value);
        }
        Ok(attrs)
    }

    fn all_used(&self) -> Result<(), String> {
        if let Some(key) = self.given.keys().find(|k| !self.used.contains(k.as_str())) {
            return Err(format!("`{key}` is not known here"));
        }
        match self.without.first() {
            Some(path) => Err(format!("`{path}` is left out and was not there")),
            None => Ok(()),
        }
    }
}

fn value(of: &'static Type, toml: &Toml) -> Result<Value, String> {
    Ok(match (of, toml) {
        (Type::Bool, Toml::Boolean(b)) => Value::Bool(*b),
        (Type::Long, Toml::Integer(n)) => Value::Long(*n),
        (Type::Text, Toml::String(t)) => Value::Text(t.clone()),
        (Type::Moment, date_or_time) => Value::Date(date(date_or_time)?),
        (Type::Entity(kind), Toml::String(id)) => match model().vocabularies.get(kind) {
            Some(words) if !words.contains(id) => return Err(format!("`{id}` is no {kind}")),
            _ => Value::Ref(Ref::new(kind, id)),
        },
        (Type::Set(member), Toml::Array(members)) => Value::Set(members.iter().map(|m| value(member, m)).collect::<Result<_, _>>()?),
        _ => return Err(format!("`{toml}` does not fit")),
    })
}

/// The value of an attribute that nobody mentions.
fn empty(of: &'static Type) -> Value {
    match of {
        Type::Bool => Value::Bool(false),
        Type::Long => Value::Long(0),
        Type::Text => Value::Text(String::new()),
        Type::Moment => Value::Instant(Instant(0)),
        Type::Set(_) => Value::Set(Vec::new()),
        Type::Entity(kind) => Value::Ref(Ref::new(kind, kind.to_lowercase())),
        Type::Record(fields) => Value::Record(fields.iter().map(|(n, a)| (n.as_str(), empty(&a.of))).collect()),
    }
}

fn date(toml: &Toml) -> Result<Date, String> {
    let d = toml.as_datetime().and_then(|d| d.date).ok_or_else(|| format!("`{toml}` is no date; write 2026-06-15"))?;
    Date::new(i16::try_from(d.year).map_err(|e| e.to_string())?, d.month.cast_signed(), d.day.cast_signed()).map_err(|e| e.to_string())
}

fn texts(toml: Option<&Toml>) -> Result<Vec<String>, String> {
    match toml {
        None => Ok(Vec::new()),
        Some(Toml::String(one)) => Ok(vec![one.clone()]),
        Some(Toml::Array(many)) => many.iter().map(|t| t.as_str().map(str::to_owned).ok_or_else(|| format!("`{t}` is no text"))).collect(),
        Some(other) => Err(format!("`{other}` is no text or list of texts")),
    }
}
