//! The one door: decided, done and recorded together, or not at all.

use crate::act::{Fault, Outcome};
use crate::people::acts::{grant_role::GrantRole, invite::Invite};
use crate::testing::{does, refused, worlds};
use crate::{sql, vals};
use bluelamp_domain::people::Kind;

fn newcomer(email: &str) -> Invite {
    Invite {
        name: "Person new".into(),
        email: email.into(),
        kind: Kind::Officer,
        level: 1,
        job_title: String::new(),
        areas: vec![],
        roles: vec!["publisher".into()],
    }
}

#[tokio::test]
async fn i1_a_done_act_has_its_entry_and_a_refused_one_changes_nothing_but_is_recorded() {
    for world in worlds().await {
        let (admin, desk) = (world.ctx("administrator").await, world.ctx("desk").await);
        let done = does(&admin, newcomer("new@exampleshire.example")).await;
        let rules = refused(desk.act(newcomer("other@exampleshire.example")).await);
        assert!(rules.contains(&"no-rule-gives-this".to_owned()), "{}: {rules:?}", world.database);
        let mut tx = admin.read().await.unwrap();
        let entry = tx
            .row(
                sql!("SELECT decision, subject FROM ledger_entry WHERE force = $1 AND act = 'people.invite' AND subject = $2"),
                vals![world.force, done.id],
            )
            .await
            .unwrap()
            .unwrap();
        assert_eq!(entry.get::<String>("decision").unwrap(), "done");
        let refusals = tx
            .rows(
                sql!("SELECT id FROM ledger_entry WHERE force = $1 AND act = 'people.invite' AND decision = 'refused'"),
                vals![world.force],
            )
            .await
            .unwrap();
        assert_eq!(refusals.len(), 1);
        let people = crate::people::store::people(&mut tx, world.force).await.unwrap();
        assert!(
            people.iter().any(|p| p.email == "new@exampleshire.example") && !people.iter().any(|p| p.email == "other@exampleshire.example")
        );
    }
}

#[tokio::test]
async fn a_repeat_with_the_same_key_answers_the_same_and_does_nothing() {
    for world in worlds().await {
        let admin = world.ctx("administrator").await;
        let first = admin.act_keyed(newcomer("new@exampleshire.example"), Some("k1")).await.unwrap();
        let again = admin.act_keyed(newcomer("new@exampleshire.example"), Some("k1")).await.unwrap();
        assert_eq!(first, again);
        assert!(matches!(first, Outcome::Done(_)));
        let other = admin.act_keyed(newcomer("other@exampleshire.example"), Some("k1")).await;
        assert!(matches!(other, Err(Fault::KeyReused { .. })));
    }
}

#[tokio::test]
async fn a_person_of_another_force_is_not_there() {
    for world in worlds().await {
        let other = crate::setup::force(&world.app, "othershire", "Othershire Police", "Europe/London", "leicestershire").await.unwrap();
        let invite = Invite { roles: vec!["administrator".into()], ..newcomer("admin@othershire.example") };
        let theirs = crate::setup::person(&world.app, other, "Europe/London", invite).await.unwrap();
        let admin = world.ctx("administrator").await;
        let rules = refused(admin.act(GrantRole { person: theirs, role: "desk".into() }).await);
        assert_eq!(rules, ["not-found"], "{}", world.database);
    }
}

#[tokio::test]
async fn the_ledger_places_every_entry_and_signs_its_head() {
    for world in worlds().await {
        world.sequence().await;
        let mut tx = world.operator().read().await.unwrap();
        let placed: i64 = tx
            .row(sql!("SELECT COUNT(*) AS n FROM ledger_place WHERE force = $1"), vals![world.force])
            .await
            .unwrap()
            .unwrap()
            .get("n")
            .unwrap();
        let entries: i64 = tx
            .row(sql!("SELECT COUNT(*) AS n FROM ledger_entry WHERE force = $1"), vals![world.force])
            .await
            .unwrap()
            .unwrap()
            .get("n")
            .unwrap();
        assert_eq!(placed, entries);
        let (size, note) = crate::records::store::checkpoint(&mut tx, world.force).await.unwrap().unwrap();
        assert_eq!(size, entries);
        let key = &crate::records::store::keys(&mut tx, world.force).await.unwrap()[0];
        let verifier = bluelamp_ledger::checkpoint::VerifierKey::parse(&key.verifier).unwrap();
        assert_eq!(bluelamp_ledger::checkpoint::open(&note, &[verifier]).unwrap().head.size, u64::try_from(entries).unwrap());
    }
}

#[tokio::test]
async fn every_statement_is_understood_by_both_databases() {
    let mut seen = 0;
    for world in worlds().await {
        for statement in inventory::iter::<&'static crate::db::Statement> {
            let sql = statement.sql(world.app.db.dialect());
            world
                .app
                .db
                .prepare(sql)
                .await
                .unwrap_or_else(|e| panic!("{}:{} on {}: {e}\n{sql}", statement.file, statement.line, world.database));
            seen += 1;
        }
    }
    assert!(seen > 50);
}
