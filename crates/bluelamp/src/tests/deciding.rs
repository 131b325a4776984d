//! I10 in the program: where policy cannot be applied, the answer is no, and the ledger says so.

use crate::act::{Act, Outcome};
use crate::people::acts::grant_role::GrantRole;
use crate::testing::{World, worlds};
use crate::{sql, vals};

/// Gives the administrator a role that no schema knows: facts that cannot be put to policy.
async fn spoil_facts(world: &World) {
    let mut tx = world.app.db.write(world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
    let n = tx
        .run(
            sql!("UPDATE person_role SET role = 'role-of-no-schema' WHERE force = $1 AND person = $2"),
            vals![world.force, world.id_of("auditor")],
        )
        .await
        .unwrap();
    assert_eq!(n, 1);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn i10_facts_that_policy_cannot_read_are_a_refusal_and_recorded() {
    for world in worlds().await {
        let auditor = world.ctx("auditor").await;
        spoil_facts(&world).await;
        let act = GrantRole { person: world.id_of("desk"), role: "desk-supervisor".into() };
        let said = auditor.may(&act).await.unwrap();
        assert!(said.fault.is_some(), "{}: this must be a fault, not a plain no: {said:?}", world.database);
        let Ok(Outcome::Refused { reasons, .. }) = auditor.act(act.clone()).await else { panic!("a fault in deciding let an act through") };
        assert!(!reasons.is_empty());
        let mut tx = world.operator().read().await.unwrap();
        let recorded = tx
            .rows(
                sql!("SELECT id FROM ledger_entry WHERE force = $1 AND act = $2 AND decision = 'refused' AND principal = $3"),
                vals![world.force, GrantRole::NAME, auditor.principal.code()],
            )
            .await
            .unwrap();
        assert_eq!(recorded.len(), 1);
        let roles = tx
            .rows(sql!("SELECT role FROM person_role WHERE force = $1 AND person = $2"), vals![world.force, world.id_of("desk")])
            .await
            .unwrap();
        assert_eq!(roles.len(), 1, "nothing was granted");
    }
}

#[tokio::test]
async fn i10_without_a_pack_nothing_is_done() {
    for world in worlds().await {
        let empty = bluelamp_domain::ids::ForceId(uuid::Uuid::from_u128(0x99));
        let ctx = crate::jobs::system(&world.app, empty, "Europe/London", bluelamp_domain::act::Actor::Operator);
        let said = ctx.act(GrantRole { person: world.id_of("desk"), role: "desk".into() }).await;
        assert!(matches!(said, Err(crate::act::Fault::NoPack)), "{}: {said:?}", world.database);
    }
}

#[tokio::test]
async fn i10_a_stored_pack_that_was_tampered_with_decides_nothing() {
    for world in worlds().await {
        let mut tx = world.app.db.write(world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
        let good = crate::db::principal::pack_hash(&mut tx, world.force).await.unwrap().unwrap();
        // The same files under another name for their content: as if one had been changed on disk.
        let bad = format!("{}{}", if good.starts_with('0') { '1' } else { '0' }, &good[1..]);
        tx.run(sql!("INSERT INTO pack_file (hash, path, body) SELECT $1, path, body FROM pack_file WHERE hash = $2"), vals![&bad, &good])
            .await
            .unwrap();
        tx.run(
            sql!("INSERT INTO pack_adoption (force, id, hash, name, version, adopted_at, adopted_by) VALUES ($1, $2, $3, 'x', '1', $4, 'operator')"),
            vals![world.force, uuid::Uuid::from_u128(0x77), &bad, i64::MAX],
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let admin = world.ctx("administrator").await;
        let said = admin.act(GrantRole { person: world.id_of("desk"), role: "desk-supervisor".into() }).await;
        assert!(matches!(said, Err(crate::act::Fault::Broken(_))), "{}: {said:?}", world.database);
    }
}
