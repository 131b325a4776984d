//! policy: the interface the program is built against until the crate itself lands.
use bluelamp_domain::{
    decision::Decision,
    figures::Figures,
    question::{Entity, Question},
    time::Instant,
};
use std::collections::{BTreeMap, BTreeSet};
#[derive(Debug)]
pub struct Fault(pub String);
impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
pub struct Pack {
    hash: String,
    figures: Figures,
}
pub fn load(_files: &BTreeMap<String, Vec<u8>>, _name: &str) -> Result<Pack, Vec<Fault>> {
    Err(vec![Fault("not here yet".into())])
}
impl Pack {
    pub fn hash(&self) -> &str {
        &self.hash
    }
    pub fn figures(&self) -> &Figures {
        &self.figures
    }
    pub fn ask(&self, _p: &Entity, _q: &Question, _now: Instant, _today: jiff::civil::Date, _r: &BTreeSet<String>) -> Decision {
        Decision::failed(&self.hash, "not here yet")
    }
}
