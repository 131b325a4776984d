//! Principals as Cedar has them. Whoever asks asks again and again, and someone with seventy accounts is much to build and
//! to hold against the schema: it is done once for as long as they stay the same.

use crate::convert;
use crate::model::model;
use bluelamp_domain::question::{Entity, Ref};
use cedar_policy::Entities;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// As many as a large force has at work at once; past that they are built anew.
const KEPT: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Principals(Mutex<BTreeMap<Ref, (Entity, Entities)>>);

impl Principals {
    /// The principal alone, built and held against the schema.
    pub fn entities(&self, principal: &Entity) -> Result<Entities, String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, entities)) = known.get(&principal.of).filter(|(as_known, _)| as_known == principal) {
            return Ok(entities.clone());
        }
        let built = Entities::from_entities([convert::entity(principal)?], Some(&model().schema)).map_err(|e| e.to_string())?;
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(principal.of.clone(), (principal.clone(), built.clone()));
        Ok(built)
    }
}
