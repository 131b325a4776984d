//! The engine: folded forms, hits, second things, guards, then one statement.

use bluelamp_domain::triage::{Dimension, Guard, Language, Priority, Route, Signal, Span, Thrive, Triage};

use crate::compile::{Doubt, LONGEST, Rule};
use crate::doubt::Doubts;
use crate::fold::Folded;
use crate::lexicon::Lexicon;
use crate::scan::{Hit, Scanner, Use};

/// Longer than any platform lets people write. What goes beyond is not read, and a person is told so.
pub const MAX_BYTES: usize = 1 << 20;
/// Most spans shown of one signal: enough to see why, however often a text repeats itself.
const MOST_SPANS: usize = 16;

/// What is known of a message beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// Sent to the force alone: then nothing unrecognised may wait.
    pub private: bool,
    /// Where a message stays that asks for nothing: the local queue of the account it came to (LEICS-TRIAGE-3).
    pub home: Route,
}

impl Context {
    /// A comment, mention, reply or review, worked by the desk unless a signal says otherwise.
    pub const PUBLIC: Self = Self { private: false, home: Route::Desk };
    /// A private message.
    pub const PRIVATE: Self = Self { private: true, home: Route::Desk };
}

/// A pack's triage, compiled. Make one per adopted pack and share it.
#[derive(Debug)]
pub struct Engine {
    scanner: Scanner,
    lexicon: Lexicon,
    rules: Vec<Rule>,
    doubts: Vec<Doubt>,
    version: String,
}

/// One place where a signal fired.
#[derive(Clone, Copy, Debug)]
struct Match {
    rule: usize,
    priority: Priority,
    route: Route,
    guard: Option<Guard>,
    span: Span,
    /// The words that let it count, or raised it.
    second: Option<Span>,
}

impl Engine {
    pub(crate) fn new(scanner: Scanner, lexicon: Lexicon, rules: Vec<Rule>, doubts: Vec<Doubt>, version: String) -> Self {
        Self { scanner, lexicon, rules, doubts, version }
    }

    /// How many different phrases are looked for, guards included.
    pub fn phrases(&self) -> usize {
        self.scanner.len()
    }

    /// Bytes the automaton takes.
    pub fn memory(&self) -> usize {
        self.scanner.memory()
    }

    /// The pack version this engine speaks for.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The id and category of every signal, in pack order.
    pub fn signals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().map(|r| (r.id.as_str(), r.category.as_str()))
    }

    /// The forms of a text that are compared, the ordinary one first.
    pub fn fold(&self, text: &str) -> Vec<Folded> {
        Folded::forms(text, &self.lexicon)
    }

    /// Every phrase in one folded form.
    pub fn scan(&self, folded: &Folded) -> Vec<Hit> {
        self.scanner.scan(folded)
    }

    /// What `text` says that a desk must not miss.
    pub fn triage(&self, text: &str, context: &Context) -> Triage {
        let read = head(text);
        let forms = self.fold(read);
        let language = forms.first().map_or(Language::Undetermined, |f| self.lexicon.language(f));
        let mut matches: Vec<Match> = Vec::new();
        for (form, folded) in forms.iter().enumerate() {
            let hits = self.scan(folded);
            let doubts = Doubts::new(folded, &hits, &self.doubts);
            self.phrase_matches(folded, &hits, &doubts, context, &mut matches);
            if form == 0 {
                self.pattern_matches(read, folded, &hits, &doubts, context, &mut matches);
            }
        }
        let mut signals = self.signals_of(matches);
        self.floor(text, read, language, context, &mut signals);
        Triage::of(signals, context.home, language, self.version.clone())
    }

    fn phrase_matches(&self, folded: &Folded, hits: &[Hit], doubts: &Doubts<'_>, context: &Context, out: &mut Vec<Match>) {
        out.sort_unstable_by_key(|m| (m.rule, m.span, m.guard.is_none()));
        let ordinary = out.clone();
        for hit in hits {
            let Use::Signal(number) = hit.what else { break };
            let rule = number as usize;
            let span = folded.span(hit.first, hit.last);
            // A doubt about an ordinary reading of these words is not lost because another form took them apart.
            let at = ordinary.partition_point(|m| (m.rule, m.span) < (rule, span));
            if ordinary.get(at).is_some_and(|m| (m.rule, m.span) == (rule, span) && m.guard.is_some()) {
                continue;
            }
            let seconds = Seconds { folded, hits, number };
            out.extend(self.weigh(rule, (hit.first, hit.last), span, &seconds, doubts, context));
        }
    }

    fn pattern_matches(&self, text: &str, folded: &Folded, hits: &[Hit], doubts: &Doubts<'_>, context: &Context, out: &mut Vec<Match>) {
        for (rule, is) in self.rules.iter().enumerate() {
            let seconds = Seconds { folded, hits, number: u32::try_from(rule).unwrap_or(u32::MAX) };
            for pattern in &is.patterns {
                // A bounded number of searches, each linear, keeps the whole linear.
                for found in pattern.find_iter(text).take(MOST_SPANS) {
                    let words = folded.words();
                    let first = words.partition_point(|w| w.span.end <= found.start());
                    let past = words.partition_point(|w| w.span.start < found.end());
                    let span = Span { start: found.start(), end: found.end() };
                    let place = (first, past.saturating_sub(1).max(first));
                    out.extend(self.weigh(rule, place, span, &seconds, doubts, context));
                }
            }
        }
    }

    /// The priority of one match, or nothing where a required second thing is absent.
    fn weigh(
        &self,
        rule: usize,
        (first, last): (usize, usize),
        span: Span,
        seconds: &Seconds<'_>,
        doubts: &Doubts<'_>,
        context: &Context,
    ) -> Option<Match> {
        let is = &self.rules[rule];
        let mut priority = if context.private { is.private } else { is.priority };
        let mut route = if priority == Priority::Immediate { Route::Fcr.min(is.route) } else { is.route };
        let mut second = None;
        for (group, with) in is.with.iter().enumerate() {
            let near = seconds.near(group, with.within, first, last);
            match with.raise {
                None => second = Some(near?),
                Some(raised) if near.is_some() && raised > priority => {
                    priority = raised;
                    route = with.route;
                    second = near;
                }
                Some(_) => {}
            }
        }
        let mut guard = None;
        if priority == Priority::Immediate {
            guard = doubts.about(is, first, last);
            if guard.is_some() {
                priority = Priority::Look;
            }
        }
        Some(Match { rule, priority, route, guard, span, second })
    }

    /// One signal for each rule that fired: its best match decides, all its words are shown.
    fn signals_of(&self, mut matches: Vec<Match>) -> Vec<Signal> {
        matches.sort_by_key(|m| (m.rule, std::cmp::Reverse(m.priority), m.guard.is_some(), m.span));
        matches
            .chunk_by(|a, b| a.rule == b.rule)
            .map(|of| {
                let (best, is) = (of[0], &self.rules[of[0].rule]);
                let mut spans: Vec<Span> = of.iter().flat_map(|m| [Some(m.span), m.second]).flatten().take(MOST_SPANS).collect();
                spans.sort_unstable();
                spans.dedup();
                Signal {
                    id: is.id.clone(),
                    category: is.category.clone(),
                    priority: best.priority,
                    route: best.route,
                    thrive: is.thrive,
                    spans,
                    guarded: best.guard.is_some(),
                    guard: best.guard,
                    says: is.says.clone(),
                    clauses: is.clauses.clone(),
                    carried: false,
                }
            })
            .collect()
    }

    /// What is looked at because of what software could not read in it.
    fn floor(&self, text: &str, read: &str, language: Language, context: &Context, signals: &mut Vec<Signal>) {
        let unread = |id: &str, says: &str| Signal {
            id: format!("unread.{id}"),
            category: "unread".into(),
            priority: Priority::Look,
            route: context.home,
            thrive: Thrive::NONE.with(Dimension::Engagement),
            spans: Vec::new(),
            guarded: false,
            guard: None,
            says: says.into(),
            clauses: Vec::new(),
            carried: false,
        };
        if read.len() < text.len() {
            signals.push(unread("too_long", "Too long to be read to its end. Read the rest."));
        }
        if language == Language::Other {
            signals.push(unread("language", "Not in a language that the pack knows. Find out what it says."));
        }
        if context.private && signals.is_empty() {
            signals.push(unread("nothing", "Sent privately, and nothing in it was recognised. Read it."));
        }
    }
}

/// The second things of one signal in one folded text.
struct Seconds<'a> {
    folded: &'a Folded,
    hits: &'a [Hit],
    number: u32,
}

impl Seconds<'_> {
    /// The one of `group` that stands within so many words of the match, beside and not inside it.
    fn near(&self, group: usize, within: usize, first: usize, last: usize) -> Option<Span> {
        let what = Use::With(self.number, u32::try_from(group).unwrap_or(u32::MAX));
        let from = self.hits.partition_point(|h| h.what < what);
        let to = self.hits.partition_point(|h| h.what <= what);
        let all = &self.hits[from..to];
        let reach = first.saturating_sub(within + LONGEST);
        let near = all.partition_point(|h| h.first < reach);
        let found = all[near..].iter().take_while(|h| h.first <= last + within).find(|h| {
            let before = h.last < first && first - h.last <= within;
            let after = h.first > last && h.first - last <= within;
            before || after
        })?;
        Some(self.folded.span(found.first, found.last))
    }
}

/// As much of `text` as is read, cut between characters.
fn head(text: &str) -> &str {
    let mut end = text.len().min(MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
