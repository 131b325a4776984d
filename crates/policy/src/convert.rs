//! Our plain values as Cedar's, by its typed constructors: nothing is parsed that need not be.

use crate::model::model;
use bluelamp_domain::question::{Entity, Ref, Value};
use bluelamp_domain::time::Instant;
use cedar_policy::{EntityId, EntityUid, RestrictedExpression};

pub(crate) fn uid(of: &Ref) -> Result<EntityUid, String> {
    let kind = model().type_name(of.kind).ok_or_else(|| format!("`{}` is no kind of thing in the schema", of.kind))?;
    Ok(EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(&of.id)))
}

pub(crate) fn entity(e: &Entity) -> Result<cedar_policy::Entity, String> {
    let attrs = e.attrs.iter().map(|(name, v)| Ok(((*name).to_owned(), value(v)?))).collect::<Result<_, String>>()?;
    let parents = e.parents.iter().map(uid).collect::<Result<_, String>>()?;
    cedar_policy::Entity::new(uid(&e.of)?, attrs, parents).map_err(|err| format!("{} `{}`: {err}", e.of.kind, e.of.id))
}

pub(crate) fn value(v: &Value) -> Result<RestrictedExpression, String> {
    Ok(match v {
        Value::Bool(b) => RestrictedExpression::new_bool(*b),
        Value::Long(n) => RestrictedExpression::new_long(*n),
        Value::Text(t) => RestrictedExpression::new_string(t.clone()),
        Value::Ref(r) => RestrictedExpression::new_entity_uid(uid(r)?),
        Value::Date(d) => RestrictedExpression::new_datetime(d.to_string()),
        Value::Instant(i) => RestrictedExpression::new_datetime(moment(*i)),
        Value::Set(members) => RestrictedExpression::new_set(members.iter().map(value).collect::<Result<Vec<_>, _>>()?),
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, v)| Ok(((*name).to_owned(), value(v)?))).collect::<Result<Vec<_>, String>>()?;
            RestrictedExpression::new_record(fields).map_err(|e| e.to_string())?
        }
    })
}

/// To the millisecond, which is as fine as Cedar's instants are.
fn moment(i: Instant) -> String {
    i.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_keeps_its_milliseconds() {
        assert_eq!(moment(Instant(1_700_000_000_123_456)), "2023-11-14T22:13:20.123Z");
        assert_eq!(moment(Instant(0)), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn a_kind_outside_the_schema_is_an_error() {
        assert!(uid(&Ref::new("Wizard", "merlin")).is_err());
    }
}
