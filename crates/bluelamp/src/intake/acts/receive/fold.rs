//! The batch, item by item: each sees what those before it made. Values in, values out.

use super::{Change, Facts, realm_of, root_of};
use crate::act::Env;
use crate::intake::store::{ConversationRow, CorrespondentRow, MediaRow, MessageRow, RawRow, RevisionRow};
use bluelamp_domain::accounts::{AccountKind, Monitor};
use bluelamp_domain::act::{Entry, Job, Step};
use bluelamp_domain::ids::{ConversationId, CorrespondentId, MediaId, MessageId};
use bluelamp_domain::intake::{self as rules, Standing, Unknown};
use bluelamp_domain::time::{Instant, SECOND};
use bluelamp_domain::triage::{Priority, Route, Triage};
use bluelamp_platforms::{Inbound, InboundMessage, MessageKind};
use bluelamp_triage::Context;
use std::collections::btree_map::Entry as Place;
use std::collections::{BTreeSet, HashMap};

/// An edit that came before its message is looked at again after this long.
const ORPHAN_PAUSE: i64 = 5 * SECOND;

struct Now {
    row: MessageRow,
    revisions: BTreeSet<String>,
}

pub struct Fold<'a> {
    facts: &'a Facts,
    env: &'a Env<'a>,
    home: Route,
    now: HashMap<String, Now>,
    correspondents: HashMap<(String, String), CorrespondentId>,
    conversations: HashMap<String, ConversationId>,
    change: Change,
    entries: Vec<Entry>,
    jobs: Vec<Job>,
    alarms: Vec<MessageId>,
    quarantine: Vec<serde_json::Value>,
    passed: usize,
}

/// What one event of a body came to.
enum Ended {
    Done,
    Wait(Instant),
    Quarantine(&'static str, String),
}

impl<'a> Fold<'a> {
    pub fn new(facts: &'a Facts, env: &'a Env<'a>) -> Self {
        let a = &facts.account;
        // LEICS-TRIAGE-3: what needs no immediate action goes to those whose account it is.
        let home = if a.monitored_by.contains(&Monitor::Contact) {
            Route::Desk
        } else if a.monitored_by.contains(&Monitor::Local) {
            Route::Neighbourhood
        } else if a.monitored_by.contains(&Monitor::Corporate) {
            Route::CorpComms
        } else {
            Route::Desk
        };
        let now = facts.known.iter().map(|(k, v)| (k.clone(), Now { row: v.row.clone(), revisions: v.revisions.clone() })).collect();
        Fold {
            facts,
            env,
            home,
            now,
            correspondents: facts.correspondents.clone(),
            conversations: facts.conversations.clone(),
            change: Change::default(),
            entries: Vec::new(),
            jobs: Vec::new(),
            alarms: Vec::new(),
            quarantine: Vec::new(),
            passed: 0,
        }
    }

    pub fn all(mut self) -> Step<Change> {
        let facts = self.facts;
        let mut early = Vec::new();
        for (raw, mapped) in &facts.raws {
            match mapped {
                Err(why) => self.end(raw, Ended::Quarantine("unreadable", why.clone())),
                Ok(items) => match self.body(raw, items) {
                    Ended::Wait(_) => early.push((raw, items)),
                    ended => self.end(raw, ended),
                },
            }
        }
        // What came before its message may find it in this very batch.
        for (raw, items) in early {
            let ended = self.body(raw, items);
            self.end(raw, ended);
        }
        self.step()
    }

    fn end(&mut self, raw: &RawRow, ended: Ended) {
        match ended {
            Ended::Done => self.change.done.push(raw.id),
            Ended::Wait(until) => self.change.put_off.push((raw.id, until)),
            Ended::Quarantine(code, why) => self.quarantine.push(serde_json::json!({
                "account": self.facts.account.id, "raw": raw.id, "code": code, "why": why,
            })),
        }
    }

    /// Everything that a body holds. One event of it that cannot be done yet does not keep the others back: they are
    /// passed over when the body is read again.
    fn body(&mut self, raw: &RawRow, items: &[Inbound]) -> Ended {
        let mut worst = Ended::Done;
        for item in items {
            let ended = match item {
                Inbound::Message(m) => self.message(raw, m),
                Inbound::Edited { remote_id, text, at, revision } => self.edited(raw, remote_id, text, Instant(*at), revision),
                Inbound::Deleted { remote_id, at } => self.deleted(raw, remote_id, Instant(*at)),
                Inbound::Ignored { .. } => {
                    self.passed += 1;
                    Ended::Done
                }
            };
            worst = match (worst, ended) {
                (w, Ended::Done) => w,
                (Ended::Quarantine(c, w), _) | (_, Ended::Quarantine(c, w)) => Ended::Quarantine(c, w),
                (_, wait) => wait,
            };
        }
        worst
    }

    /// What software says of a text, or why it cannot.
    fn triage(&self, text: &str, private: bool) -> Result<Triage, String> {
        let engine = self.facts.engine.as_ref().ok_or("the pack's triage does not compile")?;
        let context = Context { private, home: self.home };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| engine.triage(text, &context)))
            .map_err(|_| "triage fell over this text".to_owned())
    }

    fn message(&mut self, raw: &RawRow, m: &InboundMessage) -> Ended {
        if let Some(now) = self.now.get(&m.remote_id) {
            if now.revisions.contains(&m.revision) {
                self.passed += 1;
                return Ended::Done;
            }
            // The same item with another revision is an edit; the platform does not say when it was made.
            return self.revise(raw, &m.remote_id, Some(m.text.clone()), None, &m.revision);
        }
        let private = m.kind == MessageKind::Private;
        let triage = match self.triage(&m.text, private) {
            Ok(t) => t,
            Err(why) => return Ended::Quarantine("untriageable", why),
        };
        let (env, account) = (self.env, &self.facts.account);
        let sent_at = Instant(m.sent_at.min(raw.received_at.0));
        let realm = realm_of(&m.author_id, &self.facts.server);
        let correspondent = *self.correspondents.entry((realm.clone(), m.author_id.clone())).or_insert_with(|| env.moment.id());
        let root = root_of(m);
        let conversation = *self.conversations.entry(root.clone()).or_insert_with(|| env.moment.id());
        let id: MessageId = env.moment.id();
        let row = MessageRow {
            id,
            account: account.id,
            conversation,
            correspondent,
            raw: raw.id,
            remote_id: m.remote_id.clone(),
            kind: kind_name(m.kind).into(),
            text: m.text.clone(),
            revision: m.revision.clone(),
            revisions: 1,
            language: m.language.clone(),
            url: m.url.clone(),
            parent: m.parent.clone(),
            root: m.root.clone(),
            extra: m.extra.clone(),
            sent_at,
            received_at: raw.received_at,
            edited_at: None,
            deleted_at: None,
            priority: rules::rank(triage.priority),
            due_at: rules::due(triage.priority, raw.received_at, env.figures()),
            route: triage.route.name().into(),
            thrive: rules::thrive_bits(triage.thrive),
            triage_pack: env.pack.hash().to_owned(),
            state: "open".into(),
            area: if account.kind == AccountKind::Main { String::new() } else { account.area.clone() },
            claimed_by: None,
            claimed_until: None,
            assessed_at: None,
            answered_at: None,
            closed_at: None,
            outcome: None,
            hidden: false,
            triage,
        };
        let media: Vec<MediaRow> = (0..).zip(&m.media).map(|(nth, item)| self.medium(&row, nth, item)).collect();
        for medium in &media {
            self.jobs.push(Job {
                kind: "intake.fetch_media",
                input: serde_json::json!({ "media": medium.id }),
                not_before: env.at(),
                key: format!("intake.fetch_media:{}", medium.id),
            });
        }
        let revision = self.revision(&row, raw, 1, false, sent_at);
        self.note(&row, raw, "new");
        if row.triage.priority == Priority::Immediate {
            self.alarms.push(id);
        }
        self.met(CorrespondentRow {
            id: correspondent,
            platform: account.platform.clone(),
            realm,
            remote_id: m.author_id.clone(),
            handle: m.author_handle.clone(),
            name: m.author_name.clone(),
            first_at: sent_at,
            last_at: sent_at,
        });
        let (account, private) = (account.id, row.is_private());
        self.continued(ConversationRow { id: conversation, account, root, private, started_at: sent_at, last_at: sent_at });
        self.now.insert(m.remote_id.clone(), Now { row: row.clone(), revisions: BTreeSet::from([m.revision.clone()]) });
        self.change.new.push(row);
        self.change.revisions.push(revision);
        self.change.media.extend(media);
        Ended::Done
    }

    /// A correspondent is written once a batch: under the newest name, from the first to the last that they sent.
    fn met(&mut self, c: CorrespondentRow) {
        match self.change.correspondents.entry(c.id) {
            Place::Vacant(place) => drop(place.insert(c)),
            Place::Occupied(mut place) => {
                let known = place.get_mut();
                (known.first_at, known.last_at) = (known.first_at.min(c.first_at), known.last_at.max(c.last_at));
                (known.handle, known.name) = (c.handle, c.name);
            }
        }
    }

    fn continued(&mut self, c: ConversationRow) {
        let known = self.change.conversations.entry(c.id).or_insert_with(|| c.clone());
        known.last_at = known.last_at.max(c.last_at);
    }

    fn medium(&self, message: &MessageRow, nth: i64, item: &bluelamp_platforms::InboundMedia) -> MediaRow {
        MediaRow {
            id: self.env.moment.id::<MediaId>(),
            message: message.id,
            account: message.account,
            nth,
            url: item.url.clone(),
            mime: item.mime.clone(),
            alt: item.alt.clone(),
            state: "waiting".into(),
            why: String::new(),
            object: None,
            size: None,
            copy: None,
            copy_mime: None,
            width: None,
            height: None,
            kept_at: None,
        }
    }

    fn edited(&mut self, raw: &RawRow, remote: &str, text: &str, at: Instant, revision: &str) -> Ended {
        match self.now.get(remote) {
            None => self.orphan(raw, false),
            Some(now) if now.revisions.contains(revision) => {
                self.passed += 1;
                Ended::Done
            }
            Some(_) => self.revise(raw, remote, Some(text.to_owned()), Some(at), revision),
        }
    }

    fn deleted(&mut self, raw: &RawRow, remote: &str, at: Instant) -> Ended {
        match self.now.get(remote) {
            None => self.orphan(raw, true),
            Some(now) if now.row.deleted_at.is_some() => {
                self.passed += 1;
                Ended::Done
            }
            // A deletion has no revision of its own; a message is deleted once.
            // Where the platform does not say when, it is when we heard of it.
            Some(_) => self.revise(raw, remote, None, Some(at).filter(|at| at.0 > 0), "(deleted)"),
        }
    }

    fn orphan(&mut self, raw: &RawRow, deletion: bool) -> Ended {
        match rules::orphan(deletion, raw.received_at, self.env.at()) {
            Unknown::Wait => Ended::Wait(self.env.at().plus(ORPHAN_PAUSE)),
            Unknown::Ask => Ended::Quarantine("edit-of-unknown", "an edit came, and the message that it edits never did".into()),
            Unknown::Pass => {
                self.passed += 1;
                Ended::Done
            }
        }
    }

    /// A new revision of a message that stands; `text` is `None` for a deletion.
    fn revise(&mut self, raw: &RawRow, remote: &str, text: Option<String>, at: Option<Instant>, revision: &str) -> Ended {
        let Some(now) = self.now.get(remote) else { return Ended::Done };
        let (mut row, mut revisions) = (now.row.clone(), now.revisions.clone());
        let env = self.env;
        let at = at.map(|at| Instant(at.0.min(raw.received_at.0)));
        let deletion = text.is_none();
        let words = text.unwrap_or_else(|| row.text.clone());
        let said = if deletion {
            row.triage.clone()
        } else {
            match self.triage(&words, row.is_private()) {
                Ok(t) => t,
                Err(why) => return Ended::Quarantine("untriageable", why),
            }
        };
        let nth = row.revisions + 1;
        row.revisions = nth;
        revisions.insert(revision.to_owned());
        let mut as_it_came = row.clone();
        as_it_came.text.clone_from(&words);
        as_it_came.revision = revision.to_owned();
        as_it_came.triage = said.clone();
        let kept = self.revision(&as_it_came, raw, nth, deletion, at.unwrap_or(raw.received_at));
        if deletion {
            row.deleted_at = Some(at.unwrap_or(raw.received_at));
            self.note(&row, raw, "deleted");
        } else {
            let standing = Standing { closed: row.state == "closed", due_at: row.due_at, newest_at: row.edited_at };
            let became = rules::revise(&row.triage, said, &standing, at, raw.received_at, env.figures());
            if became.shown {
                row.text = words;
                row.revision = revision.to_owned();
                row.edited_at = Some(at.unwrap_or(raw.received_at));
                // What a person assessed were other words.
                row.assessed_at = None;
            }
            if became.reopened {
                row.state = "open".into();
                row.closed_at = None;
            }
            row.priority = rules::rank(became.triage.priority);
            row.due_at = became.due_at;
            row.route = became.triage.route.name().into();
            row.thrive = rules::thrive_bits(became.triage.thrive);
            row.triage = became.triage;
            row.triage_pack = env.pack.hash().to_owned();
            self.note(&row, raw, "edited");
            if became.alarms {
                self.alarms.push(row.id);
            }
        }
        self.now.insert(remote.to_owned(), Now { row: row.clone(), revisions });
        self.change.revisions.push(kept);
        self.change.revised.push(row);
        Ended::Done
    }

    fn revision(&self, m: &MessageRow, raw: &RawRow, nth: i64, deleted: bool, at: Instant) -> RevisionRow {
        RevisionRow {
            id: self.env.moment.id(),
            message: m.id,
            raw: raw.id,
            revision: if deleted { "(deleted)".into() } else { m.revision.clone() },
            nth,
            deleted,
            text: m.text.clone(),
            triage: m.triage.clone(),
            at,
            noted_at: self.env.at(),
        }
    }

    /// The entry of one message: what came, from which body, and what triage made of it.
    fn note(&mut self, m: &MessageRow, raw: &RawRow, change: &str) {
        let signals = m.triage.signals.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(" ");
        self.entries.push(
            Entry::default()
                .id("message", m.id)
                .id("account", m.account)
                .id("raw", raw.id)
                .id("correspondent", m.correspondent)
                .id("conversation", m.conversation)
                .code("change", change)
                .code("kind", &m.kind)
                .code("priority", m.priority_name())
                .code("route", &m.route)
                .code("signals", signals)
                .value("raw_digest", &raw.digest),
        );
    }

    fn step(self) -> Step<Change> {
        let account = self.facts.account.id;
        let mut entries = self.entries.into_iter();
        // Nothing for the desk is an entry as well: what was read and passed over.
        let first = entries.next().unwrap_or_else(|| {
            Entry::default().id("account", account).code("passed", self.passed).code("later", self.change.put_off.len())
        });
        let mut step = Step::to(self.change).entry(first);
        step.also = entries.collect();
        step.jobs = self.jobs;
        for item in self.quarantine {
            step = step.then("intake.quarantine", item);
        }
        if let (Some(alarm), false) = (crate::wiring::after("intake.immediate"), self.alarms.is_empty()) {
            step = step.then(alarm, serde_json::json!({ "messages": self.alarms, "account": account }));
        }
        step
    }
}

fn kind_name(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Comment => "comment",
        MessageKind::Mention => "mention",
        MessageKind::Private => "private",
        MessageKind::Review => "review",
    }
}
