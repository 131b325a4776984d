//! What the double holds, and how it shows it.

use super::{FORCE, READ_ONLY, Shared, TOKEN};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub struct Person {
    pub id: String,
    pub acct: String,
}

pub struct Status {
    pub id: String,
    pub by: String,
    pub text: String,
    pub visibility: String,
    pub language: Option<String>,
    pub at: i64,
    pub edited: Option<i64>,
    pub parent: Option<String>,
    pub media: Vec<String>,
}

pub struct Media {
    pub mime: String,
    pub alt: String,
    pub bytes: Vec<u8>,
    /// How often it must still be asked after.
    pub left: u32,
    pub attached: bool,
}

pub struct Note {
    pub kind: &'static str,
    pub by: String,
    pub status: String,
    pub at: i64,
}

pub struct App {
    pub secret: String,
    pub redirect: String,
    pub scopes: String,
}

pub struct Code {
    pub app: String,
    pub redirect: String,
    pub scopes: String,
    pub challenge: Option<String>,
    pub at: i64,
}

pub struct State {
    next: u64,
    pub force: String,
    pub people: BTreeMap<String, Person>,
    /// Token to account and scopes.
    pub tokens: BTreeMap<String, (String, String)>,
    pub apps: BTreeMap<String, App>,
    pub codes: BTreeMap<String, Code>,
    pub statuses: BTreeMap<String, Status>,
    pub notes: BTreeMap<String, Note>,
    pub media: BTreeMap<String, Media>,
    /// (account, key) to status and time.
    pub keys: BTreeMap<(String, String), (String, i64)>,
    pub blocks: BTreeSet<String>,
    pub reports: Vec<Value>,
    pub slow: u32,
    pub streams_down: bool,
    /// Every request that came: method and path.
    pub asked: Vec<(String, String)>,
    pub faults: (u16, u32),
    /// Only requests of this method and path meet with the fault.
    pub faulty: Option<(String, String)>,
    /// Instants of requests, deletions and uploads, for the limits.
    pub spent: BTreeMap<&'static str, Vec<i64>>,
}

impl State {
    pub fn new() -> Self {
        let mut state = Self {
            next: 113_000_000_000_000_000,
            force: String::new(),
            people: BTreeMap::new(),
            tokens: BTreeMap::new(),
            apps: BTreeMap::new(),
            codes: BTreeMap::new(),
            statuses: BTreeMap::new(),
            notes: BTreeMap::new(),
            media: BTreeMap::new(),
            keys: BTreeMap::new(),
            blocks: BTreeSet::new(),
            reports: Vec::new(),
            slow: 0,
            streams_down: false,
            asked: vec![],
            faults: (0, 0),
            faulty: None,
            spent: BTreeMap::new(),
        };
        state.force = state.person(FORCE);
        let all = super::super::connect::SCOPES.to_owned();
        state.tokens.insert(TOKEN.into(), (state.force.clone(), all));
        state.tokens.insert(READ_ONLY.into(), (state.force.clone(), "read".into()));
        state
    }

    /// Ids that do not fit a float, in order, all of one length so that they sort as text.
    pub fn id(&mut self) -> String {
        self.next += 65_537;
        self.next.to_string()
    }

    pub fn person(&mut self, acct: &str) -> String {
        if let Some(known) = self.people.values().find(|p| p.acct == acct) {
            return known.id.clone();
        }
        let id = self.id();
        self.people.insert(id.clone(), Person { id: id.clone(), acct: acct.to_owned() });
        id
    }

    pub fn mentioned(&self, text: &str) -> Vec<&Person> {
        let words: Vec<&str> = text.split_whitespace().map(|w| w.trim_end_matches(['.', ',', '!', '?', ':', ';', ')'])).collect();
        self.people.values().filter(|p| words.iter().any(|w| w.strip_prefix('@') == Some(&p.acct))).collect()
    }

    pub fn may_see(&self, viewer: &str, status: &Status) -> bool {
        let named = || self.mentioned(&status.text).iter().any(|p| p.id == viewer);
        status.by == viewer || matches!(status.visibility.as_str(), "public" | "unlisted") || named()
    }

    /// So many within so long; else the instant at which the oldest is forgotten.
    pub fn spend(&mut self, what: &'static str, allowed: usize, span_s: i64, now: i64) -> Result<usize, i64> {
        let spent = self.spent.entry(what).or_default();
        spent.retain(|at| now - at < span_s * 1_000_000);
        if spent.len() >= allowed {
            return Err(spent[0] + span_s * 1_000_000);
        }
        spent.push(now);
        Ok(allowed - spent.len())
    }
}

pub fn iso(at: i64) -> String {
    jiff::Timestamp::from_microsecond(at).expect("the clock is within the calendar").strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

impl Shared {
    pub fn show_person(&self, p: &Person) -> Value {
        let name = p.acct.split('@').next().unwrap_or_default();
        json!({
            "id": p.id, "username": name, "acct": p.acct, "display_name": name, "locked": false, "bot": false,
            "url": format!("{}/@{}", self.base, p.acct), "note": "", "source": { "privacy": "public", "language": "en" },
        })
    }

    pub fn show(&self, state: &State, status: &Status) -> Value {
        let parent = status.parent.as_ref().and_then(|p| state.statuses.get(p));
        let media: Vec<Value> =
            status.media.iter().filter_map(|m| Some((m, state.media.get(m)?))).map(|(id, m)| self.show_media(id, m)).collect();
        let mentions: Vec<Value> = state
            .mentioned(&status.text)
            .iter()
            .map(|p| json!({ "id": p.id, "acct": p.acct, "username": p.acct.split('@').next() }))
            .collect();
        json!({
            "id": status.id, "uri": format!("{}/statuses/{}", self.base, status.id), "url": format!("{}/@x/{}", self.base, status.id),
            "created_at": iso(status.at), "edited_at": status.edited.map(iso), "account": state.people.get(&status.by).map(|p| self.show_person(p)),
            "content": html(&status.text), "visibility": status.visibility, "sensitive": false, "spoiler_text": "",
            "language": status.language, "media_attachments": media, "mentions": mentions, "tags": [], "card": null, "poll": null,
            "in_reply_to_id": status.parent, "in_reply_to_account_id": parent.map(|p| p.by.clone()),
            "replies_count": state.statuses.values().filter(|s| s.parent.as_deref() == Some(&status.id)).count(),
            "reblogs_count": 0, "favourites_count": 0,
        })
    }

    pub fn show_media(&self, id: &str, m: &Media) -> Value {
        let url = (m.left == 0).then(|| format!("{}/media/{id}", self.base));
        json!({ "id": id, "type": "image", "url": url, "preview_url": url, "remote_url": null, "description": m.alt, "blurhash": "U" })
    }

    pub fn show_note(&self, state: &State, id: &str, note: &Note) -> Value {
        json!({
            "id": id, "type": note.kind, "created_at": iso(note.at), "account": state.people.get(&note.by).map(|p| self.show_person(p)),
            "status": state.statuses.get(&note.status).map(|s| self.show(state, s)),
        })
    }

    pub fn say(&self, by: &str, text: &str, visibility: &str, in_reply_to: Option<&str>) -> String {
        let mut state = self.state();
        let by = state.person(by);
        let id = state.id();
        let at = (self.clock)();
        let status = Status {
            id: id.clone(),
            by,
            text: text.into(),
            visibility: visibility.into(),
            language: Some("en".into()),
            at,
            edited: None,
            parent: in_reply_to.map(str::to_owned),
            media: vec![],
        };
        state.statuses.insert(id.clone(), status);
        self.notify(&mut state, "mention", &id);
        id
    }

    /// Tells the official account, if it is named and the author is not blocked.
    fn notify(&self, state: &mut State, kind: &'static str, status: &str) {
        let Some(s) = state.statuses.get(status) else { return };
        let (by, at) = (s.by.clone(), (self.clock)());
        let named = state.mentioned(&s.text).iter().any(|p| p.id == state.force);
        if !named || state.blocks.contains(&by) || by == state.force {
            return;
        }
        let id = state.id();
        let note = Note { kind, by, status: status.to_owned(), at };
        let payload = self.show_note(state, &id, &note).to_string();
        state.notes.insert(id, note);
        self.tell(state, "user:notification", "notification", payload);
    }

    pub fn edit(&self, id: &str, text: &str) {
        let mut state = self.state();
        let now = (self.clock)();
        if let Some(s) = state.statuses.get_mut(id) {
            s.text = text.to_owned();
            s.edited = Some(now.max(s.at + 1_000_000));
        }
        let payload = state.statuses.get(id).map(|s| self.show(&state, s).to_string());
        if let Some(payload) = payload {
            self.tell(&state, "user", "status.update", payload);
        }
    }

    pub fn remove(&self, id: &str) {
        let mut state = self.state();
        if state.statuses.remove(id).is_some() {
            state.notes.retain(|_, n| n.status != id);
            self.tell(&state, "user", "delete", id.to_owned());
        }
    }

    /// A JSON string inside JSON, as the WebSocket sends it.
    fn tell(&self, state: &State, stream: &'static str, event: &str, payload: String) {
        let frame = json!({ "stream": [stream], "event": event, "payload": payload }).to_string();
        // Nobody listening is no error.
        let _ = self.events.send((state.force.clone(), stream, frame));
    }
}

/// A text as Mastodon renders it: paragraphs, breaks, links in three pieces, mentions without their server.
pub fn html(text: &str) -> String {
    let escape = |t: &str| t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;");
    let word = |w: &str| {
        if let Some(rest) = w.strip_prefix("https://") {
            let (shown, hidden) = rest.split_at(rest.char_indices().nth(30).map_or(rest.len(), |(i, _)| i));
            let class = if hidden.is_empty() { "" } else { "ellipsis" };
            return format!(
                "<a href=\"{0}\" target=\"_blank\" rel=\"nofollow noopener\"><span class=\"invisible\">https://</span><span class=\"{class}\">{1}</span><span class=\"invisible\">{2}</span></a>",
                escape(w),
                escape(shown),
                escape(hidden)
            );
        }
        match w.strip_prefix('@').filter(|m| m.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '-'))) {
            Some(m) if !m.is_empty() => {
                let local = m.split('@').next().unwrap_or_default();
                format!(
                    "<span class=\"h-card\" translate=\"no\"><a href=\"https://h.example/@{m}\" class=\"u-url mention\">@<span>{local}</span></a></span>"
                )
            }
            _ => escape(w),
        }
    };
    let line = |l: &str| l.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.split("\n\n").map(|p| format!("<p>{}</p>", p.split('\n').map(line).collect::<Vec<_>>().join("<br />"))).collect()
}

/// The length as the documents define it, written apart from the connector's own counting so that each checks the other.
pub fn counted(text: &str) -> usize {
    use unicode_segmentation::UnicodeSegmentation;
    let mut total = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let tail = word.graphemes(true).count() - bare.graphemes(true).count();
        let stem = bare.trim_end_matches(['.', ',', '!', '?', ')']);
        let punctuation = bare.len() - stem.len();
        let length = if stem.starts_with("http://") || stem.starts_with("https://") {
            23 + punctuation
        } else if let Some((local, _)) = stem.strip_prefix('@').and_then(|m| m.split_once('@')) {
            1 + local.len() + punctuation
        } else {
            bare.graphemes(true).count()
        };
        total += length + tail;
    }
    total
}
