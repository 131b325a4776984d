//! What nothing names goes after a day, and what anything names never does; half-written files go too.

use crate::act::Outcome;
use crate::intake::tests::{Bench, benches, wrote};
use crate::publishing::acts::create_draft::CreateDraft;
use crate::publishing::acts::edit_draft::EditDraft;
use crate::publishing::{DraftInput, PictureInput, media, store as publishing};
use crate::records::acts::place_hold::PlaceHold;
use crate::records::sweep::{Swept, sweep};
use crate::testing::{World, does};
use bluelamp_domain::ids::DraftId;
use bluelamp_domain::time::{DAY, HOUR};
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

fn folder(world: &World) -> PathBuf {
    world.app.config.data.join("objects").join(world.force.to_string())
}

/// Files in the store were written now, by the machine's clock; a test says when instead.
fn written(world: &World, name: &str, micros: i64) {
    let at = UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap());
    std::fs::File::options().write(true).open(folder(world).join(name)).unwrap().set_modified(at).unwrap();
}

fn there(world: &World) -> usize {
    std::fs::read_dir(folder(world)).map_or(0, Iterator::count)
}

fn all_written(world: &World, micros: i64) {
    for entry in std::fs::read_dir(folder(world)).unwrap() {
        written(world, &entry.unwrap().file_name().to_string_lossy(), micros);
    }
}

#[tokio::test]
async fn an_object_that_no_row_names_goes_after_a_day_and_not_before() {
    for world in crate::testing::worlds().await {
        let now = world.app.clock.now().0;
        let put = async |bytes: &[u8], age: i64| {
            let hash = world.app.blobs.put(world.force, bytes).await.unwrap();
            written(&world, &hash, now - age);
            hash
        };
        put(b"just older than a day", DAY + 1).await;
        let day = put(b"a day old to the microsecond", DAY).await;
        let young = put(b"an hour old", HOUR).await;
        std::fs::write(folder(&world).join(format!("{young}#1")), b"half").unwrap();
        std::fs::write(folder(&world).join(format!("{young}#2")), b"half").unwrap();
        written(&world, &format!("{young}#1"), now - DAY - 1);
        written(&world, &format!("{young}#2"), now - DAY);
        assert_eq!(sweep(&world.app).await.unwrap(), Swept { uploads: 0, objects: 1 }, "{}", world.database);
        assert_eq!(there(&world), 3, "{}", world.database);
        assert!(world.app.blobs.get(world.force, &day).await.is_ok() && world.app.blobs.get(world.force, &young).await.is_ok());
        // The same bytes come again: they are young again.
        world.app.blobs.put(world.force, b"a day old to the microsecond").await.unwrap();
        written(&world, &day, now);
        assert_eq!(sweep(&world.app).await.unwrap(), Swept::default());
    }
}

#[tokio::test]
async fn an_object_that_is_written_again_while_the_sweep_looks_stays() {
    let world = crate::testing::lite().await;
    let before = world.app.clock.now().plus(-DAY);
    let hash = world.app.blobs.put(world.force, b"back again").await.unwrap();
    written(&world, &hash, before.0 - 1);
    assert_eq!(world.app.blobs.older(world.force, before).await.unwrap(), std::slice::from_ref(&hash));
    world.app.blobs.put(world.force, b"back again").await.unwrap();
    written(&world, &hash, before.0);
    assert!(!world.app.blobs.delete_older(world.force, &hash, before).await.unwrap());
    assert!(world.app.blobs.get(world.force, &hash).await.is_ok());
}

async fn picture(b: &Bench, side: u32) -> PictureInput {
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(side, side).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let ctx = b.world.ctx("corporate-communications").await;
    let row = media::take(&ctx, png.into_inner()).await.unwrap().unwrap();
    PictureInput { object: row.object, name: "p.png".into(), alt: "a square".into() }
}

#[tokio::test]
async fn an_upload_that_nothing_took_goes_after_a_day_with_its_object_and_one_that_was_taken_stays() {
    for b in benches().await {
        let ctx = b.world.ctx("corporate-communications").await;
        let (unused, taken, earlier, typed) = (picture(&b, 8).await, picture(&b, 9).await, picture(&b, 10).await, picture(&b, 11).await);
        let content = |p: &PictureInput| DraftInput {
            purpose: "tactical-operational".into(),
            text: "The road is open again.".into(),
            accounts: vec![b.account],
            pictures: vec![p.clone()],
            ..DraftInput::default()
        };
        let draft = DraftId(does(&ctx, CreateDraft { content: content(&earlier) }).await.id.unwrap());
        does(&ctx, EditDraft { draft, revision: 1, content: content(&taken) }).await;
        let mut tx = b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap();
        let me = ctx.principal.person().unwrap();
        publishing::put_scratch(&mut tx, b.world.force, me, "new", 1, &json!({ "pictures": [typed.object] }).to_string(), ctx.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let began = b.world.app.clock.now().0;
        all_written(&b.world, began);
        b.world.clock.forward(DAY);
        assert_eq!(sweep(&b.world.app).await.unwrap(), Swept::default(), "a day to the microsecond is not more than a day");
        b.world.clock.forward(1);
        assert_eq!(sweep(&b.world.app).await.unwrap(), Swept { uploads: 1, objects: 1 }, "{}", b.world.database);
        for p in [&taken, &earlier, &typed] {
            assert!(b.world.app.blobs.get(b.world.force, &p.object).await.is_ok(), "{}", b.world.database);
        }
        assert!(b.world.app.blobs.get(b.world.force, &unused.object).await.is_err());
        // Whoever comes back to it is told to upload it again.
        match ctx.act(CreateDraft { content: content(&unused) }).await.unwrap() {
            Outcome::Refused { reasons, .. } => assert!(reasons[0].says.contains("upload it again")),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn evidence_stays_whatever_its_age_with_a_legal_hold_or_without() {
    for b in benches().await {
        let mut event = wrote("m1", 1, "comment", "look");
        event["message"]["media"] = json!([{ "url": format!("{}/v1/media/street.png", b.server.base_url), "mime": "image/png" }]);
        b.take(event.to_string()).await;
        b.world.run_jobs().await;
        b.take(wrote("m2", 1, "comment", &"a long story ".repeat(6_000)).to_string()).await;
        let records = b.world.ctx("records").await;
        let held = b.messages().await.remove(0).id;
        does(&records, PlaceHold { item: held.0, reason: "an inquest is open".into() }).await;
        let began = b.world.app.clock.now().0;
        all_written(&b.world, began);
        let before = there(&b.world);
        assert!(before >= 3, "an original, its copy and a long body: {before}");
        b.world.clock.forward(400 * DAY);
        assert_eq!(sweep(&b.world.app).await.unwrap(), Swept::default(), "{}", b.world.database);
        assert_eq!(there(&b.world), before);
    }
}
