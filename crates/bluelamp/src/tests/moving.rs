//! Moving from one database to the other, and exports that prove themselves.

use crate::db::{Db, Place, copy};
use crate::records::acts::{dispose::Dispose, export_ledger::ExportLedger, place_hold::PlaceHold};
use crate::records::{export, store};
use crate::testing::{World, does, done, refused, worlds};
use bluelamp_ledger::export::{Expect, verify};

async fn exported(world: &World) -> Vec<u8> {
    let records = world.ctx("records").await;
    does(&records, ExportLedger { reason: "a test of the export".into() }).await;
    world.sequence().await;
    export::write(&records, Vec::new()).await.expect("the ledger exports")
}

#[tokio::test]
async fn an_export_is_proven_and_one_changed_byte_is_not() {
    for world in worlds().await {
        let bytes = exported(&world).await;
        assert!(verify(&bytes[..], &Expect { keys: vec![], since: None }).unwrap().proven(), "{}", world.database);
        let mut changed = bytes.clone();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        assert!(!verify(&changed[..], &Expect { keys: vec![], since: None }).unwrap().proven(), "{}", world.database);
    }
}

#[tokio::test]
async fn disposal_leaves_the_proof_and_a_legal_hold_stops_it() {
    for world in worlds().await {
        let records = world.ctx("records").await;
        let mut tx = records.read().await.unwrap();
        let entry = store::entries(&mut tx, world.force, "people.invite", None, 1).await.unwrap().remove(0).id;
        drop(tx);
        let hold = does(&records, PlaceHold { item: entry.0, reason: "an inquiry is open".into() }).await.id.unwrap();
        let dispose = Dispose { entry, rule: "test-rule".into() };
        assert_eq!(refused(records.act(dispose.clone()).await), ["legal-hold"]);
        does(&records, crate::records::acts::lift_hold::LiftHold { hold, reason: "it is closed".into() }).await;
        done(records.act(dispose).await);
        let bytes = exported(&world).await;
        let report = verify(&bytes[..], &Expect { keys: vec![], since: None }).unwrap();
        assert!(report.proven(), "{}: {report}", world.database);
        assert_eq!(report.values.disposed_by_act, 2, "name and address of one person");
    }
}

#[tokio::test]
async fn a_copy_has_the_same_rows_and_the_same_signed_head() {
    for world in worlds().await {
        world.sequence().await;
        let folder = tempfile::tempdir().unwrap();
        let mut targets = vec![Place::Lite(folder.path().join("copy.sqlite3"))];
        if let (Ok(owner), Ok(app)) = (std::env::var("BLUELAMP_TEST_PG_OWNER"), std::env::var("BLUELAMP_TEST_PG_APP")) {
            let (owner, app) = crate::testing::fresh_pg(&owner, &app).await;
            targets.push(Place::Pg { app, owner });
        }
        for place in targets {
            let target = Db::open(&place).await.unwrap();
            let copied = copy::copy(&world.app.db, &target).await.unwrap();
            assert!(copied.tables.iter().any(|(t, n)| t == "ledger_entry" && *n > 20));
            let mut tx = target.read(world.force).await.unwrap();
            assert!(store::checkpoint(&mut tx, world.force).await.unwrap().is_some());
            assert!(copy::copy(&world.app.db, &target).await.is_err(), "a target with a force in it is refused");
        }
    }
}
