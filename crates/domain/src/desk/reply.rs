//! A reply: written by a person, sent by a job, its fate known before anything is tried again.

use crate::act::Refusal;
use serde::{Deserialize, Serialize};

/// Where a reply stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Decided; a job will send it.
    Waiting,
    /// Sent without an answer: the platform is asked before anything else.
    Unknown,
    Sent,
    /// The platform will not take it, or the account cannot speak.
    Failed,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Unknown, Self::Sent, Self::Failed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    /// As the conversation says it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "on its way",
            Self::Unknown => "sent, not confirmed: the platform is being asked",
            Self::Sent => "sent",
            Self::Failed => "not sent",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    pub const fn is_under_way(self) -> bool {
        match self {
            Self::Waiting | Self::Unknown => true,
            Self::Sent | Self::Failed => false,
        }
    }
}

/// What is new about it. `None`: it was known already.
///
/// # Errors
/// When what is sent should become unsent, or what failed should be sent: neither can be.
pub fn note(now: State, news: State) -> Result<Option<State>, Refusal> {
    match (now, news) {
        (a, b) if a == b => Ok(None),
        (State::Waiting | State::Unknown, news) => Ok(Some(news)),
        (State::Sent, _) => Err(Refusal::new("sent-already", "this reply is confirmed as sent")),
        (State::Failed, _) => Err(Refusal::new("failed-already", "this reply was given up; write it again")),
    }
}

/// A reply's words as they go: bounded by what the platform takes.
///
/// # Errors
/// When nothing is written or the platform takes less.
pub fn words(text: &str, length: usize, most: usize, platform: &str) -> Result<String, Refusal> {
    let tidy: String = text.chars().filter(|c| *c != '\0').collect();
    let tidy = tidy.trim().to_owned();
    if tidy.is_empty() {
        return Err(Refusal::new("say-it", "the reply is empty: write it"));
    }
    if length > most {
        return Err(Refusal::new("too-long", format!("{platform} takes {most} characters and this has {length}: shorten it")));
    }
    Ok(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_every_news() {
        let table: Vec<String> = State::ALL
            .iter()
            .flat_map(|now| State::ALL.iter().map(move |news| (*now, *news)))
            .map(|(now, news)| {
                let to = note(now, news).map_or_else(|r| r.code, |n| n.map_or("as it was", State::name).to_owned());
                format!("{} + {} -> {to}", now.name(), news.name())
            })
            .collect();
        assert_eq!(
            table,
            [
                "waiting + waiting -> as it was",
                "waiting + unknown -> unknown",
                "waiting + sent -> sent",
                "waiting + failed -> failed",
                "unknown + waiting -> waiting",
                "unknown + unknown -> as it was",
                "unknown + sent -> sent",
                "unknown + failed -> failed",
                "sent + waiting -> sent-already",
                "sent + unknown -> sent-already",
                "sent + sent -> as it was",
                "sent + failed -> sent-already",
                "failed + waiting -> failed-already",
                "failed + unknown -> failed-already",
                "failed + sent -> failed-already",
                "failed + failed -> as it was",
            ]
        );
    }

    #[test]
    fn a_reply_says_something_and_fits() {
        assert_eq!(words(" \0", 1, 10, "Example").unwrap_err().code, "say-it");
        assert_eq!(words("long", 4, 3, "Example").unwrap_err().code, "too-long");
        assert_eq!(words(" ok ", 2, 3, "Example"), Ok("ok".into()));
    }
}
