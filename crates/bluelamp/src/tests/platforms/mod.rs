//! The whole program against platforms as they are: its own workers and jobs, over real sockets, in time that passes.
//!
//! The other tests drive each worker by hand against the rehearsal platform with a clock that stands still. Here nothing is
//! driven: the program reads, sends and renews by itself, and what is waited for is what a person would see. Waits are
//! on conditions with a deadline.

mod bluesky;
mod mastodon;

use crate::accounts::acts::register::Register;
use crate::accounts::store::ConnectionRow;
use crate::act::{Ctx, Outcome};
use crate::intake::queue::store as queue;
use crate::intake::queue::{Asked, Completeness, Part};
use crate::intake::store::{self as intake, MessageRow, RevisionRow};
use crate::publishing::acts::{create_draft::CreateDraft, publish::Publish};
use crate::publishing::store::{self as publishing, PostRow};
use crate::publishing::{DraftInput, PictureInput, media};
use crate::testing::{World, does};
use crate::wiring::machine_micros;
use bluelamp_domain::act::Actor;
use bluelamp_domain::ids::{AccountId, DraftId};
use bluelamp_domain::time::Instant;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Longer than anything here takes on a machine that is busy with other tests.
const DEADLINE: Duration = Duration::from_secs(150);

/// A world whose program runs: its clock is the machine's, its workers read, its jobs are done.
pub struct Living {
    pub world: World,
    /// How far the program's clock is ahead of everybody else's.
    ahead: Arc<AtomicI64>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Living {
    pub async fn begin(world: World) -> Living {
        let (stop, stopped) = watch::channel(false);
        let ahead = Arc::new(AtomicI64::new(0));
        let (clock, ahead_of) = (world.clock.clone(), ahead.clone());
        clock.set(Instant(machine_micros()));
        for (role, _) in bluelamp_domain::people::ROLES {
            world.train(role).await;
        }
        let time = tokio::spawn(async move {
            loop {
                clock.set(Instant(machine_micros() + ahead_of.load(Ordering::SeqCst)));
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        let app = world.app.clone();
        let tasks = vec![
            time,
            tokio::spawn(crate::intake::worker::run(app.clone(), stopped.clone())),
            tokio::spawn(crate::jobs::run(app, stopped)),
        ];
        Living { world, ahead, stop, tasks }
    }

    /// Time passes for the program alone.
    pub fn pass(&self, micros: i64) {
        self.ahead.fetch_add(micros, Ordering::SeqCst);
        self.world.clock.forward(micros);
    }

    pub async fn end(mut self) {
        self.stop.send(true).expect("the workers listen");
        for task in self.tasks.drain(1..) {
            tokio::time::timeout(DEADLINE, task).await.expect("a worker ends when it is told").expect("a worker does not fall over");
        }
    }

    pub fn system(&self) -> Ctx {
        self.world.system(Actor::Intake)
    }

    pub async fn comms(&self) -> Ctx {
        self.world.ctx("corporate-communications").await
    }

    /// The open queue as the desk sees it.
    pub async fn messages(&self) -> Vec<MessageRow> {
        let ctx = self.world.ctx("desk").await;
        let mut tx = ctx.read().await.unwrap();
        let rows = queue::queue(&mut tx, ctx.force, &ctx.scope, &Asked::of(Part::Open)).await.unwrap();
        rows.into_iter().map(|r| r.message).collect()
    }

    pub async fn message(&self, account: AccountId, remote: &str) -> Option<MessageRow> {
        let mut tx = self.system().read().await.unwrap();
        intake::by_remote(&mut tx, self.world.force, account, vec![remote.to_owned()]).await.unwrap().pop()
    }

    /// Waits until it is on the desk, and says how long that took.
    pub async fn arrives(&self, account: AccountId, remote: &str) -> (MessageRow, Duration) {
        let began = machine_micros();
        let row = eventually("the message arrives", || self.message(account, remote)).await;
        (row, Duration::from_micros(u64::try_from(machine_micros() - began).unwrap_or(0)))
    }

    pub async fn revisions(&self, m: &MessageRow) -> Vec<RevisionRow> {
        let mut tx = self.system().read().await.unwrap();
        intake::revisions(&mut tx, self.world.force, m.id).await.unwrap()
    }

    pub async fn completeness(&self, account: AccountId) -> Completeness {
        let mut tx = self.system().read().await.unwrap();
        queue::completeness(&mut tx, self.world.force, account).await.unwrap()
    }

    pub async fn connection(&self, account: AccountId) -> ConnectionRow {
        let mut tx = self.system().read().await.unwrap();
        crate::accounts::store::connection(&mut tx, self.world.force, account).await.unwrap().expect("the account is connected")
    }

    pub async fn cursor(&self, account: AccountId) -> Option<intake::CursorRow> {
        let mut tx = self.system().read().await.unwrap();
        intake::cursor(&mut tx, self.world.force, account).await.unwrap()
    }

    /// Kinds of the alarms that ring for an account.
    pub async fn ringing(&self, account: AccountId) -> Vec<&'static str> {
        let mut tx = self.system().read().await.unwrap();
        let every = crate::db::Val::Ids(Vec::new());
        let open = crate::desk::store::open_alerts(&mut tx, self.world.force, true, every).await.unwrap();
        open.into_iter().filter(|a| a.account == account).map(|a| a.kind.name()).collect()
    }

    pub async fn entries(&self, act: &str) -> usize {
        let mut tx = self.system().read().await.unwrap();
        let sql = crate::sql!("SELECT id FROM ledger_entry WHERE force = $1 AND act = $2 AND decision = 'done'");
        tx.rows(sql, crate::vals![self.world.force, act]).await.unwrap().len()
    }

    pub async fn posts(&self, draft: DraftId) -> Vec<PostRow> {
        let mut tx = self.system().read().await.unwrap();
        publishing::posts_of(&mut tx, self.world.force, draft).await.unwrap()
    }

    /// Drafts words for an account, with a picture where it has a description.
    pub async fn draft(&self, account: AccountId, text: &str, alt: Option<&str>) -> DraftId {
        let ctx = self.comms().await;
        let mut content =
            DraftInput { purpose: "tactical-operational".into(), text: text.into(), accounts: vec![account], ..DraftInput::default() };
        if let Some(alt) = alt {
            let mut png = std::io::Cursor::new(Vec::new());
            image::DynamicImage::new_rgb8(32, 16).write_to(&mut png, image::ImageFormat::Png).unwrap();
            let row = media::take(&ctx, png.into_inner()).await.unwrap().unwrap();
            content.pictures.push(PictureInput { object: row.object, name: "road.png".into(), alt: alt.into() });
        }
        DraftId(does(&ctx, CreateDraft { content }).await.id.unwrap())
    }

    pub async fn publish(&self, draft: DraftId) -> Outcome {
        self.comms().await.act(Publish { draft, revision: 1 }).await.unwrap()
    }

    /// Publishes what someone else must agree to: a picture, which the digital media team looks at (LEICS-USE-3).
    pub async fn publish_agreed(&self, draft: DraftId) {
        let (held, _) = crate::testing::held(Ok(self.publish(draft).await));
        let team = self.world.ctx("digital-media-team").await;
        does(&team, crate::held::release::Release { held, note: String::new() }).await;
    }

    /// Waits until the platform has done a measure, and that is on record.
    pub async fn measured(&self, measure: Option<uuid::Uuid>) {
        let id = bluelamp_domain::ids::MeasureId(measure.unwrap());
        until("the measure is taken", || async {
            let mut tx = self.system().read().await.unwrap();
            let m = crate::community::store::measure(&mut tx, self.world.force, id).await.unwrap().unwrap();
            assert!(m.state.under_way() || m.state.name() == "done", "{m:?}");
            m.state.name() == "done"
        })
        .await;
    }

    /// Waits until all parts of a draft are in one state.
    pub async fn all_are(&self, draft: DraftId, state: &str) -> Vec<PostRow> {
        eventually(state, || async {
            let posts = self.posts(draft).await;
            (!posts.is_empty() && posts.iter().all(|p| p.state.name() == state)).then_some(posts)
        })
        .await
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Waits until there is an answer.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let answered = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, answered).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// Waits until something is so.
pub async fn until<F: Future<Output = bool>>(what: &str, ask: impl Fn() -> F) {
    eventually(what, || async { ask().await.then_some(()) }).await;
}

pub fn register(platform: &str, handle: &str) -> Register {
    Register { platform: platform.into(), ..crate::intake::tests::register(handle) }
}
