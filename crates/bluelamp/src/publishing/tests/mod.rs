//! Publishing, against a real rehearsal server over real sockets, on both databases.

mod cases;
mod going_out;
mod pages;
mod releases;

use super::acts::create_draft::CreateDraft;
use super::acts::edit_draft::EditDraft;
use super::acts::publish::Publish;
use super::acts::schedule::Schedule;
use super::store::{self, DraftRow, PostRow};
use super::{DraftInput, PictureInput, media};
use crate::accounts::acts::register::Register;
use crate::accounts::exchange::{self, Exchanged};
use crate::act::{Ctx, Outcome};
use crate::testing::{NOON, World, does, worlds};
use bluelamp_domain::accounts::{AccountKind, Monitor};
use bluelamp_domain::ids::*;
use bluelamp_domain::time::{Instant, MINUTE};
use bluelamp_platforms::rehearsal::server::{Config, Handle, Presence, start};

/// A force with two connected accounts on a rehearsal server of its own.
pub struct Bench {
    pub world: World,
    pub server: Handle,
    pub main: AccountId,
    pub north: AccountId,
    _folder: tempfile::TempDir,
}

fn noon() -> i64 {
    NOON.0
}

pub async fn benches() -> Vec<Bench> {
    let mut all = Vec::new();
    for world in worlds().await {
        all.push(bench(world).await);
    }
    all
}

async fn bench(world: World) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let presence = |handle: &str| Presence { handle: handle.into(), name: handle.into(), key: format!("key-of-{handle}"), webhook: None };
    let config = Config {
        file: folder.path().join("rehearsal"),
        seed: 1,
        port: 0,
        clock: noon,
        presences: vec![presence("main"), presence("north")],
        pace: None,
        control: None,
    };
    let server = start(config).await.unwrap();
    let ctx = world.ctx("corporate-communications").await;
    let main = account(&ctx, &server, "main").await;
    let north = account(&ctx, &server, "north").await;
    Bench { world, server, main, north, _folder: folder }
}

async fn account(ctx: &Ctx, server: &Handle, handle: &str) -> AccountId {
    let register = Register {
        platform: "rehearsal".into(),
        handle: handle.into(),
        title: format!("Account {handle}"),
        kind: AccountKind::Main,
        area: String::new(),
        owner: None,
        purpose: "to be there".into(),
        url: String::new(),
        monitored_by: vec![Monitor::Contact],
        hours: "Watched day and night".into(),
        public_listed: true,
        in_use: true,
        investigative: false,
        role_allows_individual: false,
    };
    let id = AccountId(does(ctx, register).await.id.unwrap());
    let given = [("base".to_owned(), server.base_url.clone()), ("key".to_owned(), format!("key-of-{handle}"))].into();
    match exchange::connect(ctx, id, &given).await.unwrap() {
        Exchanged::Acted(Outcome::Done(_)) => id,
        other => panic!("not connected: {other:?}"),
    }
}

impl Bench {
    /// An ordinary post for the main account.
    pub fn words(&self, text: &str) -> DraftInput {
        DraftInput { purpose: "tactical-operational".into(), text: text.into(), accounts: vec![self.main], ..DraftInput::default() }
    }

    /// A picture, uploaded, without a description.
    pub async fn picture(&self, ctx: &Ctx) -> PictureInput {
        let mut png = std::io::Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(32, 16).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let row = media::take(ctx, png.into_inner()).await.unwrap().unwrap();
        PictureInput { object: row.object, name: "road.png".into(), alt: String::new() }
    }

    pub async fn create(&self, ctx: &Ctx, content: DraftInput) -> DraftId {
        DraftId(does(ctx, CreateDraft { content }).await.id.unwrap())
    }

    pub async fn edit(&self, ctx: &Ctx, draft: DraftId, content: DraftInput) -> i64 {
        let revision = self.draft(draft).await.draft.revision;
        does(ctx, EditDraft { draft, revision, content }).await;
        revision + 1
    }

    pub async fn publish(&self, ctx: &Ctx, draft: DraftId) -> Outcome {
        let revision = self.draft(draft).await.draft.revision;
        ctx.act(Publish { draft, revision }).await.unwrap()
    }

    pub async fn schedule(&self, ctx: &Ctx, draft: DraftId, at: Instant) -> Outcome {
        let revision = self.draft(draft).await.draft.revision;
        ctx.act(Schedule { draft, revision, at }).await.unwrap()
    }

    pub async fn draft(&self, id: DraftId) -> DraftRow {
        let mut tx = self.world.operator().read().await.unwrap();
        store::draft(&mut tx, self.world.force, id).await.unwrap().expect("the draft is there")
    }

    pub async fn posts(&self, id: DraftId) -> Vec<PostRow> {
        let mut tx = self.world.operator().read().await.unwrap();
        store::posts_of(&mut tx, self.world.force, id).await.unwrap()
    }

    /// The states of a draft and of its posts, as words.
    pub async fn states(&self, id: DraftId) -> (String, Vec<&'static str>) {
        let posts = self.posts(id).await.iter().map(|p| p.state.name()).collect();
        (self.draft(id).await.draft.state.name().to_owned(), posts)
    }

    pub async fn entries(&self, act: &str, decision: &str) -> usize {
        let mut tx = self.world.operator().read().await.unwrap();
        let sql = crate::sql!("SELECT id FROM ledger_entry WHERE force = $1 AND act = $2 AND decision = $3");
        tx.rows(sql, crate::vals![self.world.force, act, decision]).await.unwrap().len()
    }

    /// Lets time pass and does what is due then.
    pub async fn after(&self, micros: i64) {
        self.world.clock.forward(micros);
        self.world.run_jobs().await;
    }

    /// What stands on the rehearsal platform under this post's own id.
    pub async fn on_platform(&self, post: &PostRow) -> bool {
        use bluelamp_platforms::{Outcome as Answer, Seen};
        let Some(remote) = &post.remote_id else { return false };
        let line = crate::accounts::connection::line_of(&self.world.operator(), post.account).await.unwrap_or_else(|e| panic!("{e}"));
        match line.connector.read_back(&*line.net, &line.connection, remote).await {
            Answer::Done(Seen::Live { .. }) => true,
            Answer::Done(Seen::Gone) => false,
            other => panic!("{other:?}"),
        }
    }
}
