//! Exports of a force's ledger: one file that the separate verifier proves without us.

use super::store;
use crate::act::{Ctx, Fault};
use crate::db::DbError;
use bluelamp_ledger::Digest;
use bluelamp_ledger::checkpoint::VerifierKey;
use bluelamp_ledger::entry::Id;
use bluelamp_ledger::export::{Header, Value, Values, Writer};
use std::io::Write;

/// How many entries are read at a time.
const PAGE: i64 = 500;

/// Writes the ledger up to its newest checkpoint. Values that were disposed of name their disposal.
///
/// # Errors
/// When nothing has been sequenced yet, or what is stored is not what was signed.
pub async fn write<W: Write>(ctx: &Ctx, out: W) -> Result<W, Fault> {
    let told = |e: &dyn std::fmt::Display| Fault::Broken(e.to_string());
    let mut tx = ctx.read().await?;
    let (size, note) = store::checkpoint(&mut tx, ctx.force)
        .await?
        .ok_or_else(|| Fault::Broken("the ledger has no signed checkpoint yet; try again in a moment".into()))?;
    let mut rows = store::keys(&mut tx, ctx.force).await?;
    rows.reverse();
    let keys = rows.iter().map(|k| VerifierKey::parse(&k.verifier)).collect::<Result<Vec<_>, _>>().map_err(|e| told(&e))?;
    let rotations: Vec<String> = rows.iter().filter_map(|k| k.rotation.clone()).collect();
    let header = Header::new(&keys, &rotations, &note).map_err(|e| told(&e))?;
    let mut writer = Writer::new(out, &header).map_err(|e| told(&e))?;
    let mut from = 0;
    while from < size {
        let until = size.min(from + PAGE);
        for (entry, body) in store::bodies(&mut tx, ctx.force, from, until).await? {
            let values = values_of(&mut tx, ctx, entry, &body).await?;
            writer.entry(&body, &values).map_err(|e| told(&e))?;
        }
        from = until;
    }
    writer.finish().map_err(|e| told(&e))
}

async fn values_of(tx: &mut crate::db::Tx, ctx: &Ctx, entry: bluelamp_domain::ids::EntryId, body: &[u8]) -> Result<Values, DbError> {
    let parsed: serde_json::Value = serde_json::from_slice(body).map_err(|e| DbError::Other(e.to_string()))?;
    let Some(commits) = parsed.get("commits").and_then(|c| c.as_object()) else { return Ok(Values::new()) };
    let held = store::values(tx, ctx.force, entry).await?;
    let mut out = Values::new();
    for name in commits.keys() {
        let value = match held.iter().find(|(n, ..)| n == name) {
            Some((_, value, random)) => {
                let random: [u8; 32] =
                    random.as_slice().try_into().map_err(|_| DbError::Other("a commitment's random bytes have the wrong length".into()))?;
                Value::Held { random: Digest(random), value: value.clone().into_bytes() }
            }
            None => Value::Disposed(store::disposal_of(tx, ctx.force, entry).await?.map(|d| Id(*d.as_bytes()))),
        };
        out.insert(name.clone(), value);
    }
    Ok(out)
}
