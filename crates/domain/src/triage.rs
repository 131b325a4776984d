//! What software says of a message, and the one rule that joins two such statements.
//!
//! Triage orders and flags; a person decides. So `none` cannot be said here, every signal shows the words that
//! raised it (LEICS-TRIAGE-1), and a later look at the same message can only raise what an earlier one said (I3).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How soon a person must see a message. Declared from low to high, so that `max` raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Answered within the force's target for ordinary messages.
    Routine,
    /// Within the hour.
    Priority,
    /// A person sees it within the pack's minutes, without a sound.
    Look,
    /// An alarm now, until a person acknowledges it.
    Immediate,
}

impl Priority {
    /// Highest first, as a queue shows them.
    pub const ALL: [Self; 4] = [Self::Immediate, Self::Look, Self::Priority, Self::Routine];

    /// The word used in rows, routes and pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::Look => "look",
            Self::Priority => "priority",
            Self::Routine => "routine",
        }
    }

    /// The priority of that name. `none` is a person's decision alone, so it is not a name here.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.name() == name)
    }
}

/// One of the six questions of THRIVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Threat,
    Harm,
    Risk,
    Investigation,
    Vulnerability,
    Engagement,
}

impl Dimension {
    /// In the order of the word.
    pub const ALL: [Self; 6] = [Self::Threat, Self::Harm, Self::Risk, Self::Investigation, Self::Vulnerability, Self::Engagement];

    /// The word used in rows, routes and pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Threat => "threat",
            Self::Harm => "harm",
            Self::Risk => "risk",
            Self::Investigation => "investigation",
            Self::Vulnerability => "vulnerability",
            Self::Engagement => "engagement",
        }
    }

    /// The dimension of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.name() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of THRIVE dimensions; as JSON, their names in the order of the word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(from = "Vec<Dimension>", into = "Vec<Dimension>")]
#[schema(value_type = Vec<Dimension>)]
pub struct Thrive(u8);

impl Thrive {
    /// No dimension.
    pub const NONE: Self = Self(0);

    /// Whether `d` is in the set.
    pub const fn has(self, d: Dimension) -> bool {
        self.0 & d.bit() != 0
    }

    /// The set with `d` added.
    #[must_use]
    pub const fn with(self, d: Dimension) -> Self {
        Self(self.0 | d.bit())
    }

    /// Everything in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Threat, harm or vulnerability: what must always meet a person's eyes soon.
    pub const fn concerns_safety(self) -> bool {
        self.has(Dimension::Threat) || self.has(Dimension::Harm) || self.has(Dimension::Vulnerability)
    }

    /// Its dimensions, in the order of the word.
    pub fn iter(self) -> impl Iterator<Item = Dimension> {
        Dimension::ALL.into_iter().filter(move |d| self.has(*d))
    }
}

impl From<Vec<Dimension>> for Thrive {
    fn from(all: Vec<Dimension>) -> Self {
        all.into_iter().collect()
    }
}

impl From<Thrive> for Vec<Dimension> {
    fn from(set: Thrive) -> Self {
        set.iter().collect()
    }
}

impl FromIterator<Dimension> for Thrive {
    fn from_iter<I: IntoIterator<Item = Dimension>>(all: I) -> Self {
        all.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Where a message should go. Declared in the order in which, at equal priority, one is preferred as the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The control room, now.
    Fcr,
    /// The team that leads the investigation or appeal.
    Investigation,
    Intel,
    /// Impersonation, phishing, a breach.
    Infosec,
    /// Professional standards.
    Psd,
    MediaOffice,
    /// The digital desk works it.
    Desk,
    Moderation,
    CrimeRecording,
    ReportFraud,
    Foi,
    /// Data protection: subject access and the like.
    Dp,
    Property,
    /// Another agency.
    Signpost,
    Neighbourhood,
    CorpComms,
    /// Recorded; no answer is owed. A person still sees it in the queue.
    None,
}

impl Route {
    /// Every route, first preferred first.
    pub const ALL: [Self; 17] = [
        Self::Fcr,
        Self::Investigation,
        Self::Intel,
        Self::Infosec,
        Self::Psd,
        Self::MediaOffice,
        Self::Desk,
        Self::Moderation,
        Self::CrimeRecording,
        Self::ReportFraud,
        Self::Foi,
        Self::Dp,
        Self::Property,
        Self::Signpost,
        Self::Neighbourhood,
        Self::CorpComms,
        Self::None,
    ];

    /// The code used in packs, rows and routes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fcr => "fcr",
            Self::Investigation => "investigation",
            Self::Intel => "intel",
            Self::Infosec => "infosec",
            Self::Psd => "psd",
            Self::MediaOffice => "media_office",
            Self::Desk => "desk",
            Self::Moderation => "moderation",
            Self::CrimeRecording => "crime_recording",
            Self::ReportFraud => "report_fraud",
            Self::Foi => "foi",
            Self::Dp => "dp",
            Self::Property => "property",
            Self::Signpost => "signpost",
            Self::Neighbourhood => "neighbourhood",
            Self::CorpComms => "corp_comms",
            Self::None => "none",
        }
    }

    /// The route of that code.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// Why a match may not mean what it says. It moves its own match from immediate to look, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    Negation,
    Idiom,
    Lyric,
    Quotation,
    /// News, a court report, another force's case.
    Reported,
    Film,
    Game,
    /// It happened before today.
    Past,
}

impl Guard {
    /// Every guard.
    pub const ALL: [Self; 8] =
        [Self::Negation, Self::Idiom, Self::Lyric, Self::Quotation, Self::Reported, Self::Film, Self::Game, Self::Past];

    /// The word used in packs and pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negation => "negation",
            Self::Idiom => "idiom",
            Self::Lyric => "lyric",
            Self::Quotation => "quotation",
            Self::Reported => "reported",
            Self::Film => "film",
            Self::Game => "game",
            Self::Past => "past",
        }
    }

    /// The guard of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.name() == name)
    }
}

/// What the words seem to be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Language {
    #[serde(rename = "en")]
    English,
    #[serde(rename = "cy")]
    Welsh,
    /// Words, but of no language the pack knows.
    #[serde(rename = "other")]
    Other,
    /// Too little to tell.
    #[serde(rename = "und")]
    Undetermined,
}

impl Language {
    /// The code used in packs and rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Welsh => "cy",
            Self::Other => "other",
            Self::Undetermined => "und",
        }
    }

    /// The language of that code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::English, Self::Welsh, Self::Other, Self::Undetermined].into_iter().find(|l| l.name() == code)
    }
}

/// Byte offsets into the text as it was received, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// One thing a pack taught software to notice, and where it noticed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signal {
    /// The rule's id in the pack, such as `weapons.seen`.
    pub id: String,
    pub category: String,
    pub priority: Priority,
    pub route: Route,
    pub thrive: Thrive,
    /// The words that decided, in order. Empty when the reason is the absence of words, or when `carried`.
    pub spans: Vec<Span>,
    /// Every match of it was doubtful, so it asks for a look and not for an alarm.
    pub guarded: bool,
    pub guard: Option<Guard>,
    pub says: String,
    pub clauses: Vec<String>,
    /// It, or its priority, comes from an earlier revision; the words stand in that revision's triage.
    #[serde(default)]
    pub carried: bool,
}

/// All that software says of one revision of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Triage {
    /// Highest first.
    pub signals: Vec<Signal>,
    pub thrive: Thrive,
    pub priority: Priority,
    /// The first of `routes`.
    pub route: Route,
    /// Where it should go, all of it, first preferred first.
    pub routes: Vec<Route>,
    pub language: Language,
    /// The pack version that spoke.
    pub version: String,
}

impl Triage {
    /// The statement that follows from these signals. With none, the message is routine and stays with `home`.
    pub fn of(mut signals: Vec<Signal>, home: Route, language: Language, version: String) -> Self {
        signals.sort_by(|a, b| (b.priority, a.guarded, a.route).cmp(&(a.priority, b.guarded, b.route)).then_with(|| a.id.cmp(&b.id)));
        let mut routes = Vec::new();
        for route in signals.iter().map(|s| s.route) {
            if !routes.contains(&route) {
                routes.push(route);
            }
        }
        if routes.is_empty() {
            routes.push(home);
        }
        Self {
            thrive: signals.iter().fold(Thrive::NONE, |all, s| all.union(s.thrive)),
            priority: signals.iter().map(|s| s.priority).max().unwrap_or(Priority::Routine),
            route: routes.first().copied().unwrap_or(home),
            signals,
            routes,
            language,
            version,
        }
    }
}

/// What is now said of a message of which `old` was said before: `new`, raised to every maximum of `old` (I3).
///
/// Used for a revision (an edit must not calm what was written first) and for a rerun under another pack.
/// Signals that only `old` had are kept without their spans, because those point into another text.
pub fn raise(old: &Triage, new: Triage) -> Triage {
    let Triage { mut signals, priority, route, routes, language, version, .. } = new;
    for was in &old.signals {
        match signals.iter_mut().find(|s| s.id == was.id) {
            Some(is) => {
                is.thrive = is.thrive.union(was.thrive);
                if was.priority > is.priority {
                    is.priority = was.priority;
                    is.route = was.route;
                    is.guarded = was.guarded;
                    is.guard = was.guard;
                    is.carried = true;
                }
            }
            None => signals.push(Signal { spans: Vec::new(), carried: true, ..was.clone() }),
        }
    }
    let first = if priority > old.priority { route } else { old.route };
    let mut joined = Triage::of(signals, first, language, version);
    joined.priority = joined.priority.max(old.priority).max(priority);
    joined.thrive = joined.thrive.union(old.thrive);
    joined.routes.retain(|r| *r != first);
    joined.routes.insert(0, first);
    joined.route = first;
    for route in old.routes.iter().chain(&routes) {
        if !joined.routes.contains(route) {
            joined.routes.push(*route);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(id: &str, priority: Priority, route: Route, d: Dimension) -> Signal {
        Signal {
            id: id.into(),
            category: "example".into(),
            priority,
            route,
            thrive: Thrive::NONE.with(d),
            spans: vec![Span { start: 0, end: 3 }],
            guarded: false,
            guard: None,
            says: "an example".into(),
            clauses: vec![],
            carried: false,
        }
    }

    fn said(signals: Vec<Signal>) -> Triage {
        Triage::of(signals, Route::Desk, Language::English, "1".into())
    }

    #[test]
    fn immediate_comes_before_look_before_priority_before_routine() {
        assert!(Priority::Immediate > Priority::Look);
        assert!(Priority::Look > Priority::Priority);
        assert!(Priority::Priority > Priority::Routine);
        for p in Priority::ALL {
            assert_eq!(Priority::parse(p.name()), Some(p));
        }
    }

    #[test]
    fn software_cannot_say_none() {
        assert_eq!(Priority::parse("none"), None);
        assert!(serde_json::from_str::<Priority>("\"none\"").is_err());
    }

    #[test]
    fn every_code_reads_back() {
        for r in Route::ALL {
            assert_eq!(Route::parse(r.name()), Some(r));
            assert_eq!(serde_json::to_string(&r).unwrap(), format!("\"{}\"", r.name()));
        }
        for g in Guard::ALL {
            assert_eq!(Guard::parse(g.name()), Some(g));
        }
        for d in Dimension::ALL {
            assert_eq!(Dimension::parse(d.name()), Some(d));
        }
    }

    #[test]
    fn thrive_is_its_names_in_json() {
        let set: Thrive = [Dimension::Vulnerability, Dimension::Threat].into_iter().collect();
        assert_eq!(serde_json::to_string(&set).unwrap(), r#"["threat","vulnerability"]"#);
        assert_eq!(serde_json::from_str::<Thrive>(r#"["vulnerability","threat"]"#).unwrap(), set);
        assert!(set.concerns_safety());
        assert!(!Thrive::NONE.with(Dimension::Engagement).concerns_safety());
    }

    #[test]
    fn nothing_noticed_is_routine_and_stays_at_home() {
        let t = Triage::of(vec![], Route::Neighbourhood, Language::English, "1".into());
        assert_eq!((t.priority, t.route, t.routes), (Priority::Routine, Route::Neighbourhood, vec![Route::Neighbourhood]));
    }

    #[test]
    fn the_highest_signal_gives_priority_and_first_route_and_all_routes_are_kept() {
        let t = said(vec![
            signal("a.low", Priority::Routine, Route::Foi, Dimension::Engagement),
            signal("b.high", Priority::Immediate, Route::Fcr, Dimension::Threat),
            signal("c.mid", Priority::Look, Route::Moderation, Dimension::Harm),
        ]);
        assert_eq!(t.priority, Priority::Immediate);
        assert_eq!(t.route, Route::Fcr);
        assert_eq!(t.routes, vec![Route::Fcr, Route::Moderation, Route::Foi]);
    }

    #[test]
    fn i3_a_revision_keeps_the_maximum() {
        for was in Priority::ALL {
            for is in Priority::ALL {
                let old = said(vec![signal("a.was", was, Route::Fcr, Dimension::Threat)]);
                let new = said(vec![signal("b.is", is, Route::Foi, Dimension::Engagement)]);
                let both = raise(&old, new.clone());
                assert_eq!(both.priority, was.max(is), "{was:?} then {is:?}");
                assert!(both.thrive.has(Dimension::Threat) && both.thrive.has(Dimension::Engagement));
                assert_eq!(both.route, if is > was { Route::Foi } else { Route::Fcr });
                assert!(both.routes.contains(&Route::Fcr) && both.routes.contains(&Route::Foi));
                let kept = both.signals.iter().find(|s| s.id == "a.was").unwrap();
                assert!(kept.carried && kept.spans.is_empty(), "its words stand in another text");
                assert_eq!(raise(&both, new).priority, both.priority, "a further rerun changes nothing");
            }
        }
    }

    #[test]
    fn i3_a_signal_that_becomes_doubtful_keeps_its_alarm() {
        let old = said(vec![signal("a.x", Priority::Immediate, Route::Fcr, Dimension::Threat)]);
        let mut calm = signal("a.x", Priority::Look, Route::Fcr, Dimension::Threat);
        calm.guarded = true;
        calm.guard = Some(Guard::Idiom);
        calm.spans = vec![Span { start: 5, end: 9 }];
        let both = raise(&old, said(vec![calm]));
        assert_eq!(both.signals.len(), 1);
        let s = &both.signals[0];
        assert_eq!((s.priority, s.guarded, s.carried), (Priority::Immediate, false, true));
        assert_eq!(s.spans, vec![Span { start: 5, end: 9 }], "the new text's own words still show");
    }

    #[test]
    fn i3_what_was_deleted_is_still_said() {
        let old = said(vec![signal("a.x", Priority::Immediate, Route::Fcr, Dimension::Harm)]);
        let both = raise(&old, said(vec![]));
        assert_eq!((both.priority, both.route), (Priority::Immediate, Route::Fcr));
        assert!(both.thrive.has(Dimension::Harm));
    }
}
