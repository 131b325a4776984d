//! What surrounds every page: who is signed in, whether they are on duty, which alerts nobody has acknowledged, where
//! they can go. Plain values, filled in once a request and drawn by `templates/layout.html`; nothing is decided here.
//! A page's template has a field `shell: Shell` and begins with `{% extends "http/templates/layout.html" %}`.

use super::assets::Assets;
use super::view::{Moment, Notice};

#[derive(Clone, Debug)]
pub struct Shell {
    /// The force's name as people say it: "Exampleshire Police".
    pub force: String,
    /// Absent on the pages before sign-in, which then have no navigation.
    pub person: Option<PersonLine>,
    pub duty: Duty,
    pub nav: Vec<NavItem>,
    /// Every alert this person may see that nobody has acknowledged, oldest first.
    pub alerts: Vec<AlertLine>,
    /// The session's CSRF token; forms carry it in the field `csrf`, scripts in the header `x-csrf-token`.
    pub csrf: String,
    /// The installation is a demonstration: a banner says so on every page.
    pub demo: bool,
    pub density: Density,
    /// What the act before this page did ("Reply sent"), shown once.
    pub notice: Option<Notice>,
    /// Path and query of this page, for forms that come back to it.
    pub here: String,
    pub assets: Assets,
}

impl Shell {
    pub fn asset(&self, name: &str) -> String {
        self.assets.url(name)
    }
}

#[derive(Clone, Debug)]
pub struct PersonLine {
    pub name: String,
    /// Role and area in a few words: "Desk operator, Northfield".
    pub role: String,
}

#[derive(Clone, Debug)]
pub enum Duty {
    /// This person has no duty to do at a desk.
    NotTheirs,
    Off,
    On {
        since: Moment,
    },
}

impl Duty {
    pub fn is_on(&self) -> bool {
        matches!(self, Self::On { .. })
    }

    pub fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }

    pub fn since(&self) -> Option<&Moment> {
        match self {
            Self::On { since } => Some(since),
            Self::Off | Self::NotTheirs => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct NavItem {
    pub label: String,
    pub href: String,
    pub current: bool,
    /// How many wait there; 0 shows nothing.
    pub count: u64,
}

#[derive(Clone, Debug)]
pub struct AlertLine {
    pub id: String,
    /// "Immediate message on Facebook, Main page"; never the words of the message (the bar stands on every page).
    pub sentence: String,
    pub href: String,
    /// Where the acknowledgement is posted.
    pub acknowledge: String,
    /// When it was raised: the clock counts from here.
    pub since: Moment,
    /// Waiting time at the moment the page was drawn, "00:41"; the script keeps it moving.
    pub waiting: String,
    /// What happens if nobody does: "Duty manager told at 14:36". Empty when nothing more does.
    pub next: String,
}

/// Two densities: rows for the desk, one thing a page for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Density {
    Desk,
    Page,
}

impl Density {
    pub fn class(self) -> &'static str {
        match self {
            Self::Desk => "density-desk",
            Self::Page => "density-page",
        }
    }
}
