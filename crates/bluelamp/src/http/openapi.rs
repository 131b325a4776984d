//! The API's document, OpenAPI 3.1, made from the registry of acts: nothing in it is kept by hand that code knows.

use crate::act::{ActInfo, Done, Outcome};
use crate::http::problem::Problem;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Acts that programs are not offered, and why. The first group takes hashes and sealed values that pages make; the
/// others belong to the operating system or to the system's own actors.
const NOT_FOR_PROGRAMS: &[(&str, &str)] = &[
    ("people.accept_invite", "done by whoever follows their one-time link"),
    ("security.", "signing in, credentials, sessions' secrets and tokens belong to people at a page"),
    ("people.set_up_force", "the operator's"),
    ("people.remind_training", "the system's"),
    ("people.open_task", "the system's"),
    ("records.make_ledger_key", "follows from setting a force up"),
    ("accounts.connect", "a person connects an account, with a code or a password that never passes here"),
    ("accounts.renew_connection", "the system's"),
    ("accounts.mark_connection", "the system's"),
    ("accounts.allow_host", "the system's"),
    ("intake.", "the system's"),
    ("publishing.send", "the system's"),
    ("publishing.record_", "the system's"),
    ("publishing.expire", "the system's"),
    ("desk.raise_alert", "the system's"),
    ("desk.escalate_alert", "the system's"),
    ("desk.record_", "the system's"),
    ("community.record_outcome", "the system's"),
];

/// Acts of those groups that programs are offered all the same.
const OFFERED: &[&str] = &["intake.resolve_quarantine", "security.end_session", "security.revoke_token"];

/// What may be read through the API, each with the reading that policy is asked for.
pub const READS: &[(&str, &str)] = &[
    ("read.people", "Read the list of people."),
    ("read.register", "Read the register of accounts."),
    ("read.desk", "Read messages, alerts and what is in quarantine."),
    ("read.drafts", "Read drafts, their posts and the cases they hang on."),
    ("read.moderation", "Read what was moderated, and where the public is to be told why."),
    ("read.ledger", "Read the ledger's entries."),
];

/// The acts that programs are offered.
pub fn for_programs() -> impl Iterator<Item = &'static ActInfo> {
    crate::wiring::acts().iter().filter(|a| act_is_for_programs(a.name))
}

pub fn act_is_for_programs(name: &str) -> bool {
    why_not(name).is_none()
}

/// Why programs are not offered an act; nothing when they are.
pub fn why_not(name: &str) -> Option<&'static str> {
    let is = |not: &str| if not.ends_with(['.', '_']) { name.starts_with(not) } else { name == not };
    let (_, why) = NOT_FOR_PROGRAMS.iter().find(|(not, _)| is(not))?;
    (!OFFERED.contains(&name)).then_some(why)
}

/// May a token name this: an act that programs are offered, or a reading.
pub fn is_for_programs(name: &str) -> bool {
    READS.iter().any(|(r, _)| *r == name) || for_programs().any(|a| a.name == name)
}

/// Everything a token may name.
pub fn all_for_programs() -> Vec<String> {
    for_programs().map(|a| a.name.to_owned()).chain(READS.iter().map(|(r, _)| (*r).to_owned())).collect()
}

/// The document, made once.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
    &DOCUMENT
}

/// Statuses that are answers and not faults, with what each means.
const PROBLEMS: &[(&str, &str)] = &[
    ("400", "The request is not what this document describes."),
    ("401", "The token is missing, unknown, taken back or over."),
    ("403", "The force's policy, or the token's own limits, refuse it; every reason is given."),
    ("404", "There is no such thing, or it is not yours to see."),
    ("413", "The request is too long."),
    ("415", "The content type is not application/json."),
    ("422", "It cannot be done as things stand; the reason says what to do."),
    ("429", "Too many requests with this token; Retry-After says when to go on."),
    ("500", "Something is broken on our side; nothing was changed."),
    ("503", "Not just now; nothing was changed; try again."),
    ("507", "The disk is full; nothing was changed."),
];

fn make() -> Value {
    let mut schemas = Map::new();
    let mut all: Vec<(String, RefOr<Schema>)> = Vec::new();
    for (name, schema) in [(Outcome::name(), Outcome::schema()), (Done::name(), Done::schema()), (Problem::name(), Problem::schema())] {
        all.push((name.into_owned(), schema));
    }
    Outcome::schemas(&mut all);
    Problem::schemas(&mut all);
    for (name, schema) in all {
        schemas.insert(name, shaped(&schema));
    }
    let mut paths = Map::new();
    for act in for_programs() {
        let (_, schema, others) = (act.schema)();
        // Two areas may call their words alike (`Kind`): what an act refers to is named for the act.
        let own = act.name.replace('.', "_");
        let named: Vec<String> = others.iter().map(|(name, _)| name.clone()).collect();
        for (name, other) in others {
            let mut other = shaped(&other);
            rename(&mut other, &own, &named);
            schemas.insert(format!("{own}.{name}"), other);
        }
        let mut schema = shaped(&schema);
        rename(&mut schema, &own, &named);
        schemas.insert(own.clone(), schema);
        paths.insert(format!("/api/v1/acts/{}", act.name), json!({ "post": act_operation(act, &own) }));
    }
    for (path, method, operation) in super::lists::operations() {
        paths.insert(path.to_owned(), json!({ method: with_problems(operation) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bluelamp",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What people do on the pages, for programs. Every act is decided by the force's policy and recorded in its ledger. An act that needs someone's agreement answers 202 and waits.",
            "license": { "name": "EUPL-1.2", "identifier": "EUPL-1.2" }
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "A token that a person made on their own page." } }
        }
    })
}

fn act_operation(act: &ActInfo, schema: &str) -> Value {
    let outcome = |says: &str| json!({ "description": says, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Outcome" } } } });
    with_problems(json!({
        "operationId": act.name.replace('.', "_"),
        "tags": [act.name.split('.').next().unwrap_or_default()],
        "summary": act.says,
        "parameters": [{
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A repeat with the same key answers what the first came to, and does nothing.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[A-Za-z0-9._:-]+$" }
        }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } } },
        "responses": { "200": outcome("Done and recorded."), "202": outcome("Waits for someone's agreement.") }
    }))
}

/// The problems that any operation may answer.
fn with_problems(mut operation: Value) -> Value {
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        for (status, says) in PROBLEMS {
            let mut problem = json!({ "description": says, "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
            if *status == "429" {
                problem["headers"] =
                    json!({ "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } } });
            }
            responses.insert((*status).to_owned(), problem);
        }
    }
    operation
}

/// A schema as the document says it: whole numbers have the bounds that the program takes.
fn shaped(schema: &RefOr<Schema>) -> Value {
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    bound(&mut value);
    value
}

/// References to an act's own words, by the names that they have in the document.
fn rename(value: &mut Value, own: &str, named: &[String]) {
    match value {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/components/schemas/"));
            if let Some(name) = target.filter(|t| named.iter().any(|n| n == t)) {
                let renamed = format!("#/components/schemas/{own}.{name}");
                map.insert("$ref".into(), renamed.into());
            }
            map.values_mut().for_each(|v| rename(v, own, named));
        }
        Value::Array(list) => list.iter_mut().for_each(|v| rename(v, own, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn bound(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("format").and_then(Value::as_str) == Some("int64") {
                map.entry("minimum").or_insert(json!(i64::MIN));
                map.entry("maximum").or_insert(json!(i64::MAX));
            }
            if map.get("format").and_then(Value::as_str) == Some("int32") {
                map.entry("minimum").or_insert(json!(i32::MIN));
                map.entry("maximum").or_insert(json!(i32::MAX));
            }
            map.values_mut().for_each(bound);
        }
        Value::Array(list) => list.iter_mut().for_each(bound),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of the document leads somewhere in it.
    #[test]
    fn the_document_refers_to_nothing_that_it_lacks() {
        let text = document().to_string();
        let mut rest = text.as_str();
        let mut found = 0;
        while let Some(at) = rest.find("#/components/schemas/") {
            rest = &rest[at + 21..];
            let name = &rest[..rest.find('"').unwrap()];
            assert!(document()["components"]["schemas"].get(name).is_some(), "`{name}` is referred to and not there");
            found += 1;
        }
        assert!(found > 20, "{found}");
    }

    #[test]
    fn i7_programs_are_offered_no_act_that_makes_a_way_in() {
        for act in [
            "security.sign_in",
            "security.add_credential",
            "security.remove_credential",
            "security.make_recovery_codes",
            "security.issue_token",
            "security.make_link",
            "people.accept_invite",
        ] {
            assert!(!is_for_programs(act), "{act}");
            assert!(document()["paths"].get(format!("/api/v1/acts/{act}")).is_none(), "{act}");
        }
        assert!(is_for_programs("people.invite") && is_for_programs("security.end_session") && is_for_programs("read.people"));
    }

    #[test]
    fn every_operation_declares_every_answer_it_may_give() {
        for (path, item) in document()["paths"].as_object().unwrap() {
            for operation in item.as_object().unwrap().values() {
                for (status, _) in PROBLEMS {
                    assert!(operation["responses"].get(status).is_some(), "{path} lacks {status}");
                }
            }
        }
    }
}
