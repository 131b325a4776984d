//! The one schema of all packs, and what is known from it: which attributes a thing has, of which type, and which
//! groups an act stands in. Types are read from the schema itself, so that nothing here can disagree with it.

use cedar_policy::{EntityTypeName, EntityUid, Schema, SchemaFragment};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::OnceLock;

/// The schema, as one text.
pub const SCHEMA: &str = concat!(
    include_str!("../../../packs/schema/base.cedarschema"),
    include_str!("../../../packs/schema/people.cedarschema"),
    include_str!("../../../packs/schema/security.cedarschema"),
    include_str!("../../../packs/schema/accounts.cedarschema"),
    include_str!("../../../packs/schema/intake.cedarschema"),
    include_str!("../../../packs/schema/publishing.cedarschema"),
    include_str!("../../../packs/schema/desk.cedarschema"),
    include_str!("../../../packs/schema/community.cedarschema"),
    include_str!("../../../packs/schema/conduct.cedarschema"),
    include_str!("../../../packs/schema/assurance.cedarschema"),
    include_str!("../../../packs/schema/records.cedarschema"),
);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Long,
    Text,
    Moment,
    Entity(String),
    Set(Box<Type>),
    Record(Attributes),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub of: Type,
    pub required: bool,
}

pub(crate) type Attributes = BTreeMap<String, Attribute>;

#[derive(Debug, Default)]
pub(crate) struct ActionType {
    pub context: Attributes,
    pub principals: BTreeSet<String>,
    pub resources: BTreeSet<String>,
    /// Every group it stands in, directly or by way of another.
    pub groups: BTreeSet<String>,
}

pub(crate) struct Model {
    pub schema: Schema,
    pub entities: BTreeMap<String, Attributes>,
    /// The words of each closed vocabulary.
    pub vocabularies: BTreeMap<String, BTreeSet<String>>,
    /// Acts alone; groups are not among them.
    pub actions: BTreeMap<String, ActionType>,
    uids: BTreeMap<String, EntityUid>,
    type_names: BTreeMap<String, EntityTypeName>,
}

impl Model {
    pub fn uid(&self, action: &str) -> Option<&EntityUid> {
        self.uids.get(action)
    }

    pub fn type_name(&self, kind: &str) -> Option<&EntityTypeName> {
        self.type_names.get(kind)
    }
}

pub(crate) fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| read(SCHEMA).expect("the schema is part of the build, and a test reads it"))
}

/// The attributes of a kind of entity.
pub fn entity_attributes(kind: &str) -> Vec<&'static str> {
    model().entities.get(kind).map(|a| a.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// What the context of an act holds.
pub fn context_attributes(action: &str) -> Vec<&'static str> {
    model().actions.get(action).map(|a| a.context.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// The attributes of a kind of entity that may be absent.
pub fn optional_attributes(kind: &str) -> Vec<&'static str> {
    let optional = |a: &'static Attributes| a.iter().filter(|(_, t)| !t.required).map(|(n, _)| n.as_str()).collect();
    model().entities.get(kind).map(optional).unwrap_or_default()
}

fn read(text: &str) -> Result<Model, String> {
    let (fragment, _) = SchemaFragment::from_cedarschema_str(text).map_err(|e| e.to_string())?;
    let json = fragment.to_json_value().map_err(|e| e.to_string())?;
    let schema = Schema::from_schema_fragments([SchemaFragment::from_cedarschema_str(text).map_err(|e| e.to_string())?.0])
        .map_err(|e| format!("{e:?}"))?;
    let space = &json[""];
    let (mut entities, mut vocabularies, mut type_names) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (name, entity) in members(&space["entityTypes"]) {
        type_names.insert(name.clone(), EntityTypeName::from_str(name).map_err(|e| e.to_string())?);
        match entity["enum"].as_array() {
            Some(words) => {
                vocabularies.insert(name.clone(), texts(words));
            }
            None => {
                entities.insert(name.clone(), attributes(&entity["shape"])?);
            }
        }
    }
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut actions = BTreeMap::new();
    for (name, action) in members(&space["actions"]) {
        let of = action["memberOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        parents.insert(name.clone(), of.iter().filter_map(|p| p["id"].as_str().map(str::to_owned)).collect());
        let applies = &action["appliesTo"];
        let resources = applies["resourceTypes"].as_array().map(|a| texts(a)).unwrap_or_default();
        if !resources.is_empty() {
            let context = attributes(&applies["context"])?;
            let principals = applies["principalTypes"].as_array().map(|a| texts(a)).unwrap_or_default();
            actions.insert(name.clone(), ActionType { context, principals, resources, groups: BTreeSet::new() });
        }
    }
    for (name, action) in &mut actions {
        let mut open: Vec<&String> = parents[name].iter().collect();
        while let Some(group) = open.pop() {
            if action.groups.insert(group.clone()) {
                open.extend(parents.get(group).into_iter().flatten());
            }
        }
    }
    let uid = |name: &String| Ok((name.clone(), action_uid(name)?));
    let uids = parents.keys().map(uid).collect::<Result<_, String>>()?;
    Ok(Model { schema, entities, vocabularies, actions, uids, type_names })
}

fn action_uid(name: &str) -> Result<EntityUid, String> {
    let kind = EntityTypeName::from_str("Action").map_err(|e| e.to_string())?;
    Ok(EntityUid::from_type_name_and_id(kind, cedar_policy::EntityId::new(name)))
}

fn members(json: &Json) -> impl Iterator<Item = (&String, &Json)> {
    json.as_object().into_iter().flatten()
}

fn texts(list: &[Json]) -> BTreeSet<String> {
    list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn attributes(record: &Json) -> Result<Attributes, String> {
    let attribute = |(name, a): (&String, &Json)| {
        let required = a["required"].as_bool().unwrap_or(true);
        Ok((name.clone(), Attribute { of: type_of(a)?, required }))
    };
    members(&record["attributes"]).map(attribute).collect()
}

fn type_of(json: &Json) -> Result<Type, String> {
    let name = json["name"].as_str().unwrap_or_default();
    match json["type"].as_str().unwrap_or_default() {
        "Boolean" | "Bool" => Ok(Type::Bool),
        "Long" => Ok(Type::Long),
        "String" => Ok(Type::Text),
        "Set" => Ok(Type::Set(Box::new(type_of(&json["element"])?))),
        "Record" => Ok(Type::Record(attributes(json)?)),
        "Extension" if name == "datetime" => Ok(Type::Moment),
        "EntityOrCommon" => Ok(match name.rsplit("::").next().unwrap_or(name) {
            "Bool" | "Boolean" => Type::Bool,
            "Long" => Type::Long,
            "String" => Type::Text,
            "datetime" => Type::Moment,
            other => Type::Entity(other.to_owned()),
        }),
        "Entity" => Ok(Type::Entity(name.to_owned())),
        other => Err(format!("the schema uses the type `{other}`, which packs do not")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_the_figures_that_the_product_has() {
        let Type::Record(figures) = &model().entities["Force"]["figures"].of else { panic!("figures is a record") };
        let schema: Vec<&str> = figures.keys().map(String::as_str).collect();
        let mut product: Vec<&str> = bluelamp_domain::figures::Figures::default().all().into_iter().map(|(n, _)| n).collect();
        product.sort_unstable();
        assert_eq!(schema, product, "packs/schema/base.cedarschema and domain::figures list different figures");
    }

    #[test]
    fn every_act_is_told_the_date_the_instant_and_the_releases() {
        for (name, action) in &model().actions {
            for (key, of) in [("today", Type::Moment), ("now", Type::Moment), ("releases", Type::Set(Box::new(Type::Text)))] {
                assert_eq!(action.context.get(key), Some(&Attribute { of, required: true }), "{name} lacks {key}");
            }
            assert_eq!(action.resources.len(), 1, "{name} acts on more than one kind of thing");
        }
        assert!(model().actions.len() > 80);
    }

    #[test]
    fn acts_stand_in_their_groups() {
        let groups = |a: &str| model().actions[a].groups.iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(groups("publishing.send"), ["account.use"]);
        assert_eq!(groups("desk.reply"), ["account.use", "desk.work"]);
        assert_eq!(groups("community.review"), ["account.use"]);
        assert_eq!(groups("desk.claim"), ["desk.work"]);
        assert_eq!(optional_attributes("Draft"), ["caseStage"]);
    }
}
