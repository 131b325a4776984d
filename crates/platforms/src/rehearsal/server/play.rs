//! What the public does next. Pure: the stage in, an event out; the same stage gives the same event.

use super::super::map::{micros, rfc3339};
use super::super::wire::{Event, Media, Message, Person, What, Where};
use super::Account;
use super::cast::{Character, Hand};
use super::dice::Dice;
use super::sayings::{self, Section};
use super::world::World;
use std::sync::LazyLock;

/// Everything a scene depends on.
pub struct Stage<'a> {
    pub seed: u64,
    pub cast: &'a [Character],
    pub accounts: &'a [Account],
    pub world: &'a World,
    pub base: &'a str,
    pub at: i64,
}

/// One message in so many is urgent.
const URGENT_ONE_IN: usize = 40;
/// How long after a post people still comment on it.
const LIVELY: i64 = 48 * 3_600_000_000;
/// Messages a day in a history, and how they lie over its hours (UTC): quiet nights, a busy evening.
const A_DAY: f64 = 260.0;
const HOURS: [u32; 24] = [3, 2, 1, 1, 1, 2, 4, 8, 10, 9, 9, 9, 11, 10, 9, 10, 13, 15, 16, 16, 15, 13, 9, 5];
const MINUTE: i64 = 60_000_000;

static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(sayings::all);

/// The live play: the turn after those that the world has seen.
pub fn turn(stage: &Stage) -> Option<(Event, Option<u64>)> {
    let turn = stage.world.turns;
    // A blocked person's turn says nothing, and the play must still go on: another scene of the same turn.
    (0..8).find_map(|salt| scene(stage, turn.wrapping_mul(8) + salt)).map(|e| (e, Some(turn)))
}

/// The instants of a history and the salt of each one's scene.
pub fn moments(seed: u64, from: i64, to: i64) -> Vec<(i64, u64)> {
    let all: u32 = HOURS.iter().sum();
    (from.div_euclid(MINUTE)..to.div_euclid(MINUTE))
        .filter_map(|minute| {
            let mut dice = Dice::of(seed ^ 0x4157, minute.unsigned_abs());
            let hour = HOURS[usize::try_from(minute.div_euclid(60).rem_euclid(24)).expect("an hour is below 24")];
            let chance = A_DAY * f64::from(hour) / f64::from(all) / 60.0;
            let at = minute * MINUTE + i64::try_from(dice.below(60)).expect("below 60") * 1_000_000;
            (dice.fraction() < chance && (from..to).contains(&at)).then(|| (at, u64::MAX / 2 + minute.unsigned_abs()))
        })
        .collect()
}

/// One thing that somebody does.
pub fn scene(stage: &Stage, salt: u64) -> Option<Event> {
    let mut dice = Dice::of(stage.seed, salt);
    let account = &dice.pick(stage.accounts)?.person;
    match dice.below(100) {
        0..4 => second_thoughts(stage, account, &mut dice, true).or_else(|| words(stage, account, &mut dice)),
        4..7 => second_thoughts(stage, account, &mut dice, false).or_else(|| words(stage, account, &mut dice)),
        7..10 => {
            let person = dice.pick(stage.cast)?.person.clone();
            Some(event(stage, account, What::Followed { person }))
        }
        10..45 => answer(stage, account, &mut dice).or_else(|| words(stage, account, &mut dice)),
        _ => words(stage, account, &mut dice),
    }
}

fn event(stage: &Stage, account: &Person, what: What) -> Event {
    Event { seq: stage.world.next_seq(), account: account.id.clone(), at: rfc3339(stage.at), what }
}

/// Somebody edits or deletes what they wrote lately.
fn second_thoughts(stage: &Stage, account: &Person, dice: &mut Dice, edit: bool) -> Option<Event> {
    let w = stage.world;
    let recent: Vec<&Message> = w
        .order
        .iter()
        .rev()
        .take(30)
        .filter_map(|id| w.messages.get(id))
        .filter(|(a, m)| *a == account.id && !w.gone.contains(&m.id))
        .map(|(_, m)| m)
        .collect();
    let message = *dice.pick(&recent)?;
    if w.is_blocked(&account.id, &message.author.id) {
        return None;
    }
    if !edit {
        return Some(event(stage, account, What::Deleted { id: message.id.clone() }));
    }
    let more = *dice.pick(&[
        "EDIT: typo",
        "edit - sorted now thanks",
        "(sorry, wrong street, I meant {road})",
        "Update: still the same an hour later",
        "edited because people are being rude",
    ])?;
    let text = format!("{} {}", message.text, sayings::fill(more, dice));
    Some(event(stage, account, What::Edited { message: Message { text, revision: message.revision + 1, ..message.clone() } }))
}

/// Somebody answers a reply of the account's that nobody has answered yet.
fn answer(stage: &Stage, account: &Person, dice: &mut Dice) -> Option<Event> {
    let w = stage.world;
    let reply = w.posts.values().rev().take(40).find(|p| {
        p.account == account.id
            && !w.removed.contains(&p.id)
            && !w.answered.contains(&p.id)
            && micros(&p.created_at).is_some_and(|at| at <= stage.at)
            && p.reply_to.as_ref().is_some_and(|m| w.visible(m).is_some())
    })?;
    let theirs = w.visible(reply.reply_to.as_deref()?)?;
    let kind = if reply.private_to.is_some() { Where::Private } else { Where::Comment };
    let section = weighted(dice, |s| s.follow_up && s.kinds.contains(&kind) && s.language.is_none())?;
    utter(stage, account, &theirs.author.clone(), hand_of(stage, &theirs.author.id), kind, section, Some(&reply.id), dice)
}

/// Somebody writes something new.
fn words(stage: &Stage, account: &Person, dice: &mut Dice) -> Option<Event> {
    let someone = dice.pick(stage.cast)?;
    let lively: Vec<&str> = stage
        .world
        .standing(&account.id)
        .filter(|p| micros(&p.created_at).is_some_and(|at| at <= stage.at && stage.at - at < LIVELY))
        .take(5)
        .map(|p| p.id.as_str())
        .collect();
    let urgent = dice.one_in(URGENT_ONE_IN);
    let kind = match dice.below(100) {
        0..50 if !lively.is_empty() => Where::Comment,
        0..75 => Where::Mention,
        _ => Where::Private,
    };
    let parent = if kind == Where::Comment { dice.pick(&lively).copied() } else { None };
    let section = weighted(dice, |s| s.urgent == urgent && !s.follow_up && s.kinds.contains(&kind))?;
    utter(stage, account, &someone.person, someone.hand, kind, section, parent, dice)
}

fn weighted(dice: &mut Dice, fits: impl Fn(&Section) -> bool) -> Option<&'static Section> {
    let fitting: Vec<&'static Section> = SECTIONS.iter().filter(|s| fits(s)).collect();
    let mut left = dice.below(fitting.iter().map(|s| s.weight).sum());
    fitting.into_iter().find(|s| {
        let here = left < s.weight;
        left = left.saturating_sub(s.weight);
        here
    })
}

fn hand_of(stage: &Stage, person: &str) -> Hand {
    stage.cast.iter().find(|c| c.person.id == person).map_or(Hand::Careful, |c| c.hand)
}

fn utter(
    stage: &Stage,
    account: &Person,
    by: &Person,
    hand: Hand,
    kind: Where,
    section: &Section,
    parent: Option<&str>,
    dice: &mut Dice,
) -> Option<Event> {
    if stage.world.is_blocked(&account.id, &by.id) {
        return None;
    }
    let line = sayings::fill(dice.pick(&section.lines)?, dice);
    let mut text = if section.language.is_some() { line } else { hand.write(&line) };
    if kind == Where::Mention {
        text = format!("@{} {text}", account.handle);
    }
    let language = Some(section.language.clone().unwrap_or_else(|| "en".to_owned()));
    let mut event = stage.world.said(&account.id, by.clone(), kind, text, language, parent, &rfc3339(stage.at), stage.base);
    if let What::Created { message } = &mut event.what
        && section.pictured
        && dice.one_in(3)
    {
        let name = if dice.one_in(2) { "street.png" } else { "sign.png" };
        message.media.push(Media { url: format!("{}/v1/media/{name}", stage.base), mime: "image/png".into(), alt: None });
    }
    Some(event)
}

/// The pictures that the public attaches.
pub fn picture(name: &str) -> Option<&'static [u8]> {
    match name {
        "street.png" => Some(include_bytes!("../fixtures/street.png")),
        "sign.png" => Some(include_bytes!("../fixtures/sign.png")),
        _ => None,
    }
}
