//! Cases: a live legal matter or a search for a person. Posts hang on them, so that a change of stage finds them all
//! (LEICS-USE-4, APP-POL-7).

use super::{Kind, State};
use crate::act::Refusal;
use crate::ids::DraftId;
use serde::{Deserialize, Serialize};

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// An inquiry or a search is under way and nobody is arrested.
    Open,
    Arrested,
    Charged,
    Trial,
    /// Guilt is found, and sentence may follow.
    Convicted,
    /// Found, acquitted, discontinued, or sentenced and done.
    Closed,
}

impl Stage {
    pub const ALL: [Stage; 6] = [Stage::Open, Stage::Arrested, Stage::Charged, Stage::Trial, Stage::Convicted, Stage::Closed];

    pub fn name(self) -> &'static str {
        match self {
            Stage::Open => "open",
            Stage::Arrested => "arrested",
            Stage::Charged => "charged",
            Stage::Trial => "trial",
            Stage::Convicted => "convicted",
            Stage::Closed => "closed",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Stage::Open => "Open: nobody arrested",
            Stage::Arrested => "Someone arrested",
            Stage::Charged => "Someone charged",
            Stage::Trial => "At trial",
            Stage::Convicted => "Convicted",
            Stage::Closed => "Closed",
        }
    }

    pub fn parse(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// A post that hangs on a case, as far as a change of stage asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linked {
    pub draft: DraftId,
    pub kind: Kind,
    pub state: State,
}

/// A title that people find again, without what a title must not say.
pub fn title(text: &str) -> Result<String, Refusal> {
    let title = text.trim();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Refusal::new(
            "title",
            "give the case a title of at most 200 characters: an operation's name or a reference, no person's name",
        ));
    }
    Ok(title.to_owned())
}

/// A case goes to a stage; `take_down` are the posts that come down with it, chosen from the list of those linked.
/// All of them come down together, or the stage stays.
pub fn set_stage(now: Stage, to: Stage, linked: &[Linked], take_down: &[DraftId]) -> Result<Stage, Refusal> {
    if let Some(stranger) = take_down.iter().find(|d| !linked.iter().any(|l| l.draft == **d)) {
        return Err(Refusal::new("not-linked", format!("the post `{stranger}` does not hang on this case; link it first")));
    }
    if now == Stage::Closed && to != Stage::Closed && to != Stage::Open {
        return Err(Refusal::new("closed", "this case is closed; open it again before you say how far it is"));
    }
    Ok(to)
}

/// What ought to come down when a case reaches a stage: appeals whose search is over.
pub fn outlived(to: Stage, linked: &[Linked]) -> Vec<DraftId> {
    let over =
        |l: &&Linked| to == Stage::Closed && l.kind.appeals() && matches!(l.state, State::Live | State::PartlyLive | State::Sending { .. });
    linked.iter().filter(over).map(|l| l.draft).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn linked(n: u128, kind: Kind, state: State) -> Linked {
        Linked { draft: DraftId(Uuid::from_u128(n)), kind, state }
    }

    #[test]
    fn app_pol_7_an_appeal_has_outlived_its_closed_case_and_nothing_else_has() {
        let all = [linked(1, Kind::Missing, State::Live), linked(2, Kind::Post, State::Live), linked(3, Kind::Appeal, State::TakenDown)];
        assert_eq!(outlived(Stage::Closed, &all), vec![DraftId(Uuid::from_u128(1))]);
        assert!(outlived(Stage::Charged, &all).is_empty());
    }

    #[test]
    fn only_what_hangs_on_a_case_comes_down_with_it() {
        let all = [linked(1, Kind::Missing, State::Live)];
        assert_eq!(set_stage(Stage::Open, Stage::Closed, &all, &[DraftId(Uuid::from_u128(1))]), Ok(Stage::Closed));
        assert_eq!(set_stage(Stage::Open, Stage::Closed, &all, &[DraftId(Uuid::from_u128(9))]).unwrap_err().code, "not-linked");
        assert_eq!(set_stage(Stage::Closed, Stage::Trial, &all, &[]).unwrap_err().code, "closed");
    }
}
