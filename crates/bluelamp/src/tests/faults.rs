//! Faults of the machine: a full disk, a database that goes and comes back, many people at once. Each answers in a
//! sentence, and nothing that was said to be done is lost.

use crate::act::{Ctx, Fault, Outcome};
use crate::db::{Db, DbError, Place};
use crate::http::Problem;
use crate::people::acts::invite::Invite;
use crate::testing::{World, does, lite, worlds};
use crate::{sql, vals};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::{TcpListener, TcpStream};

fn newcomer(n: usize, filler: usize) -> Invite {
    Invite {
        name: format!("Person {n}"),
        email: format!("fault{n}@exampleshire.example"),
        kind: bluelamp_domain::people::Kind::Staff,
        level: 1,
        job_title: "x".repeat(filler),
        areas: vec![],
        roles: vec!["publisher".into()],
    }
}

/// People and entries of invitations: they must always be as many.
async fn counts(ctx: &Ctx) -> (i64, i64) {
    let mut tx = ctx.read().await.unwrap();
    let people = sql!("SELECT COUNT(*) AS n FROM person WHERE force = $1 AND email LIKE 'fault%'");
    let entries = sql!(
        "SELECT COUNT(*) AS n FROM ledger_entry e JOIN person p ON p.force = e.force AND p.id = e.subject WHERE e.force = $1 AND e.act = 'people.invite' AND e.decision = 'done' AND p.email LIKE 'fault%'"
    );
    let people = tx.row(people, vals![ctx.force]).await.unwrap().unwrap().get("n").unwrap();
    let entries = tx.row(entries, vals![ctx.force]).await.unwrap().unwrap().get("n").unwrap();
    (people, entries)
}

#[tokio::test]
async fn a_full_disk_is_said_in_a_sentence_and_loses_nothing() {
    let world = lite().await;
    let admin = world.ctx("administrator").await;
    let Db::Lite { write, .. } = &world.app.db else { unreachable!("this world is on SQLite") };
    // SQLite refuses to grow beyond so many pages: the same SQLITE_FULL that a full disk gives.
    let (pages,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(write).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 8))).execute(write).await.unwrap();
    let (mut done, mut fault) = (0, None);
    for n in 0..200 {
        match admin.act(newcomer(n, 60)).await {
            Ok(Outcome::Done(_)) => done += 1,
            Err(e) => {
                fault = Some(e);
                break;
            }
            Ok(other) => panic!("{other:?}"),
        }
    }
    let fault = fault.expect("the disk fills");
    assert!(matches!(fault, Fault::Db(DbError::Full)), "{fault:?}");
    let problem = Problem::fault(&fault);
    assert_eq!((problem.status, problem.code.as_str()), (507, "disk-full"));
    assert!(problem.detail.contains("nothing was changed") && problem.detail.contains("administrator"), "{}", problem.detail);
    assert_eq!(counts(&admin).await, (done, done), "every act that was done is there with its entry, and no other");
    // Room again: the same act is done, and the ledger still proves itself.
    sqlx::raw_sql("PRAGMA max_page_count = 1073741823").execute(write).await.unwrap();
    does(&admin, newcomer(999, 60)).await;
    assert_eq!(counts(&admin).await, (done + 1, done + 1));
    let (sound,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(write).await.unwrap();
    assert_eq!(sound, "ok");
    world.sequence().await;
}

/// How far the database file may still grow.
async fn room(world: &World, pages: Option<i64>) {
    let Db::Lite { write, .. } = &world.app.db else { unreachable!("this world is on SQLite") };
    let (now,): (i64,) = sqlx::query_as("PRAGMA page_count").fetch_one(write).await.unwrap();
    let most = pages.map_or(1_073_741_823, |p| now + p);
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {most}"))).execute(write).await.unwrap();
}

#[tokio::test]
async fn i5_a_disk_that_fills_while_webhooks_arrive_loses_none_that_was_kept_and_says_so_of_the_others() {
    use crate::intake::{keep, process, tests as intake};
    let b = intake::bench(lite().await).await;
    let body = |n: usize| intake::wrote(&format!("full{n}"), 1, "comment", &format!("message {n} {}", "long ".repeat(400))).to_string();
    let keeps = async |n: usize| {
        let raw = bluelamp_platforms::Raw { kind: "event".into(), body: body(n).into_bytes() };
        keep::keep(&b.world.app, b.world.force, b.account, keep::Source::Replay, &[raw], b.world.app.clock.now()).await
    };
    room(&b.world, Some(40)).await;
    let (mut kept, mut refused) = (Vec::new(), None);
    for n in 0..400 {
        match keeps(n).await {
            Ok(1) => kept.push(n),
            Err(fault) => {
                refused = Some(Problem::fault(&fault));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let problem = refused.expect("the disk fills");
    assert_eq!((problem.status, problem.code.as_str()), (507, "disk-full"), "the platform is told to send it again");
    assert!(kept.len() > 3, "{kept:?}");
    // A full disk costs SQLite its connection, and the next has room again here: it is taken away once more.
    drop(b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap());
    room(&b.world, Some(0)).await;
    // No room to make anything of them: they wait.
    assert!(process::account(&b.ctx(), b.account).await.is_err());
    assert!(b.messages().await.is_empty());
    // Room again, and the next round does it by itself; the platform sends the refused one again.
    drop(b.world.app.db.write(b.world.force, crate::db::Isolation::ReadCommitted).await.unwrap());
    room(&b.world, None).await;
    keeps(kept.len()).await.unwrap();
    process::sweep(&b.world.app).await.unwrap();
    let mut tx = b.ctx().read().await.unwrap();
    for n in 0..=kept.len() {
        let found = crate::intake::store::by_remote(&mut tx, b.world.force, b.account, vec![format!("full{n}")]).await.unwrap();
        assert!(!found.is_empty(), "message {n} of {}", kept.len());
    }
    assert!(crate::intake::store::todo_accounts(&mut tx, b.world.force, b.world.app.clock.now()).await.unwrap().is_empty());
}

#[test]
fn a_full_disk_of_the_object_store_is_the_same_sentence() {
    let io = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let deep = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(io) };
    let fault = Fault::from(crate::db::blobs::BlobError::of(&deep));
    assert_eq!(Problem::fault(&fault).status, 507);
    let other = object_store::Error::Generic { store: "LocalFileSystem", source: "the cable".into() };
    assert_eq!(Problem::fault(&Fault::from(crate::db::blobs::BlobError::of(&other))).status, 500);
}

#[tokio::test]
async fn a_picture_whose_upload_breaks_off_leaves_nothing_that_a_draft_can_take() {
    let world = lite().await;
    let ctx = world.ctx("corporate-communications").await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(64, 64).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let whole = png.into_inner();
    for cut in [0, 8, whole.len() / 4, whole.len() / 2] {
        let said = crate::publishing::media::take(&ctx, whole[..cut].to_vec()).await.unwrap().unwrap_err();
        assert!(said.contains("PNG") || said.contains("damaged"), "{cut}: {said}");
    }
    assert!(std::fs::read_dir(world.app.config.data.join("objects")).unwrap().next().is_none(), "nothing was kept");
}

#[tokio::test]
async fn a_database_that_was_cut_short_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bluelamp.sqlite3");
    Db::open(&Place::Lite(path.clone())).await.unwrap().close().await;
    let whole = std::fs::metadata(&path).unwrap().len();
    for (name, length) in
        [("a page", whole - 4096), ("half", whole / 2 / 4096 * 4096), ("the middle of a page", whole - 100), ("a few bytes", 60)]
    {
        let cut = folder.path().join(format!("{length}.sqlite3"));
        std::fs::copy(&path, &cut).unwrap();
        std::fs::File::options().write(true).open(&cut).unwrap().set_len(length).unwrap();
        match Db::open(&Place::Lite(cut)).await {
            Err(e @ DbError::Damaged(_)) => assert!(e.to_string().contains("restore the newest backup"), "{e}"),
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => panic!("{name}: it opened"),
        }
    }
}

#[tokio::test]
async fn an_empty_database_in_a_folder_that_was_in_use_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let start = async || {
        let text = format!("data = {:?}\n[staff]\nlisten = \"127.0.0.1:0\"\norigin = \"http://localhost\"\n", data.display().to_string());
        let config = crate::config::Config::parse(&text).unwrap();
        let place = Place::Lite(data.join("bluelamp.sqlite3"));
        crate::wiring::build(config, place, Arc::new(crate::wiring::MachineClock), Arc::new(crate::wiring::MachineEntropy), true).await
    };
    let first = start().await.map_err(|e| e.to_string()).unwrap();
    first.db.close().await;
    start().await.map_err(|e| e.to_string()).unwrap().db.close().await;
    std::fs::write(data.join("bluelamp.sqlite3"), b"").unwrap();
    let said = start().await.err().expect("it is refused").to_string();
    assert!(said.contains("restore the newest backup"), "{said}");
}

/// Stands between the program and PostgreSQL: when it is cut, the database is gone.
struct Wire {
    port: u16,
    up: Arc<AtomicBool>,
    cut: Arc<tokio::sync::Notify>,
}

impl Wire {
    async fn to(address: String) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Wire { port: listener.local_addr().unwrap().port(), up: Arc::new(AtomicBool::new(true)), cut: Arc::default() };
        let (up, cut) = (wire.up.clone(), wire.cut.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if !up.load(Ordering::SeqCst) {
                    continue;
                }
                let (address, cut) = (address.clone(), cut.clone());
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(address).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = cut.notified() => {}
                    }
                });
            }
        });
        wire
    }

    fn cut(&self) {
        self.up.store(false, Ordering::SeqCst);
        self.cut.notify_waiters();
    }

    fn mend(&self) {
        self.up.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_database_that_goes_and_comes_back_loses_nothing_and_says_so_meanwhile() {
    let (Ok(owner), Ok(app)) = (std::env::var("BLUELAMP_TEST_PG_OWNER"), std::env::var("BLUELAMP_TEST_PG_APP")) else {
        return;
    };
    let (owner, app) = crate::testing::fresh_pg(&owner, &app).await;
    let address = app.split('@').nth(1).and_then(|a| a.split('/').next()).expect("an address has a host").to_owned();
    let wire = Wire::to(address.clone()).await;
    let through = app.replace(&address, &format!("127.0.0.1:{}", wire.port));
    let world: World = crate::testing::world_at(Place::Pg { app: through, owner }).await;
    let admin = world.ctx("administrator").await;
    does(&admin, newcomer(1, 0)).await;
    wire.cut();
    let mut faults = Vec::new();
    for n in 2..5 {
        match admin.act_keyed(newcomer(n, 0), Some(&format!("gone-{n}"))).await {
            Err(fault) => faults.push(fault),
            Ok(other) => panic!("the database is gone, and yet: {other:?}"),
        }
    }
    for fault in &faults {
        let problem = Problem::fault(fault);
        assert_eq!((problem.status, problem.code.as_str()), (503, "database-gone"), "{fault:?}");
        assert!(problem.detail.contains("try again"), "{}", problem.detail);
    }
    wire.mend();
    // The same requests with the same keys: each is done once, whatever became of the first.
    for n in 2..5 {
        let key = format!("gone-{n}");
        let first = admin.act_keyed(newcomer(n, 0), Some(&key)).await.unwrap();
        assert!(matches!(first, Outcome::Done(_)), "{first:?}");
        assert_eq!(admin.act_keyed(newcomer(n, 0), Some(&key)).await.unwrap(), first);
    }
    assert_eq!(counts(&admin).await, (4, 4));
    world.sequence().await;
}

#[tokio::test]
async fn the_same_request_many_times_at_once_is_done_once() {
    for world in worlds().await {
        let admin = world.ctx("administrator").await;
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let admin = admin.clone();
            running.spawn(async move { admin.act_keyed(newcomer(1, 0), Some("at-once")).await });
        }
        let mut answers = Vec::new();
        while let Some(answer) = running.join_next().await {
            match answer.unwrap() {
                Ok(outcome) => answers.push(outcome),
                // Asked to come again: the person presses the button once more and hears the first answer.
                Err(Fault::Contended | Fault::Db(DbError::Constraint(_))) => {}
                Err(other) => panic!("{}: {other:?}", world.database),
            }
        }
        assert!(!answers.is_empty() && answers.iter().all(|a| *a == answers[0]), "{}: {answers:?}", world.database);
        assert!(matches!(answers[0], Outcome::Done(_)), "{answers:?}");
        assert_eq!(counts(&admin).await, (1, 1), "{}", world.database);
    }
}

#[tokio::test]
async fn many_acts_at_once_leave_a_ledger_without_a_gap() {
    for world in worlds().await {
        let admin = world.ctx("administrator").await;
        let mut running = tokio::task::JoinSet::new();
        for n in 0..24 {
            let (admin, app) = (admin.clone(), world.app.clone());
            running.spawn(async move {
                let outcome = admin.act(newcomer(n, 0)).await;
                let _ = crate::records::sequencer::sequence(&app, admin.force).await;
                outcome
            });
        }
        let mut done = 0;
        while let Some(outcome) = running.join_next().await {
            match outcome.unwrap() {
                Ok(Outcome::Done(_)) => done += 1,
                Err(Fault::Contended) => {}
                other => panic!("{}: {other:?}", world.database),
            }
        }
        assert!(done > 0);
        world.sequence().await;
        assert_eq!(counts(&admin).await, (done, done));
        let mut tx = admin.read().await.unwrap();
        let row = tx
            .row(sql!("SELECT COUNT(*) AS n, MAX(idx) AS last, MIN(idx) AS first FROM ledger_place WHERE force = $1"), vals![world.force])
            .await
            .unwrap()
            .unwrap();
        let (n, last, first): (i64, i64, i64) = (row.get("n").unwrap(), row.get("last").unwrap(), row.get("first").unwrap());
        assert_eq!((first, last), (0, n - 1), "{}", world.database);
        assert!(!crate::records::store::any_pending(&mut tx, world.force).await.unwrap());
    }
}
