//! Moderation, against a real rehearsal server over real sockets, on both databases.

mod blocking;
mod measures;
mod pages;
mod silence;

use crate::accounts::connection;
use crate::act::{Act, Ctx};
use crate::community::acts::advise::Advise;
use crate::community::acts::block::Block;
use crate::community::acts::hide::Hide;
use crate::community::store::{self, MeasureRow};
use crate::intake::tests::{Bench, benches};
use crate::intake::worker::poll;
use crate::intake::{process, queue, store as intake};
use crate::testing::{does, refused};
use bluelamp_domain::community::State;
use bluelamp_domain::ids::{MeasureId, MessageId};
use bluelamp_domain::time::{HOUR, MINUTE};
use bluelamp_platforms::rehearsal::server::Saying;
use bluelamp_platforms::rehearsal::wire::{What, Where};

/// Somebody says something on the platform and it arrives. Answers its id there and here.
async fn said(b: &Bench, kind: Where, text: &str, parent: Option<&str>) -> (String, MessageId) {
    let saying =
        Saying { to: "main".into(), kind, text: text.into(), language: None, parent: parent.map(Into::into), by: Some("heron".into()) };
    let event = b.server.say(&saying).unwrap().unwrap();
    let What::Created { message } = event.what else { panic!("somebody wrote") };
    poll(&b.ctx(), b.account, "this node").await.unwrap();
    process::account(&b.ctx(), b.account).await.unwrap();
    let mut tx = b.ctx().read().await.unwrap();
    let row = intake::by_remote(&mut tx, b.world.force, b.account, vec![message.id.clone()]).await.unwrap().pop().expect("it arrived");
    (message.id, row.id)
}

async fn comment(b: &Bench, text: &str) -> (String, MessageId) {
    said(b, Where::Comment, text, Some("p1")).await
}

fn hide(message: MessageId) -> Hide {
    Hide { message, ground: "spam".into(), reason: String::new() }
}

async fn measure(b: &Bench, id: MeasureId) -> MeasureRow {
    let mut tx = b.ctx().read().await.unwrap();
    store::measure(&mut tx, b.world.force, id).await.unwrap().expect("the measure is there")
}

async fn hidden(b: &Bench, id: MessageId) -> bool {
    let mut tx = b.ctx().read().await.unwrap();
    intake::message(&mut tx, b.world.force, id).await.unwrap().unwrap().hidden
}

/// How often the platform was asked.
async fn calls(b: &Bench, id: MeasureId) -> usize {
    let mut tx = b.ctx().read().await.unwrap();
    store::events(&mut tx, b.world.force, id).await.unwrap().iter().filter(|e| e.came == "sending").count()
}

/// Does an act that takes a measure; answers the measure.
async fn takes<A: Act>(ctx: &Ctx, act: A) -> MeasureId {
    MeasureId(does(ctx, act).await.id.unwrap())
}
