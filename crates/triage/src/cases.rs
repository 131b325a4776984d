//! A pack's own cases, run by `pack check`: what each signal must say of the messages its author wrote down.

use bluelamp_domain::triage::Priority;

use crate::engine::{Context, Engine};
use crate::pack::{Expect, SignalFile};

/// A case that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFailure {
    pub file: String,
    pub signal: String,
    /// The message; empty where the failure is that cases are missing.
    pub text: String,
    pub got: Got,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Got {
    /// Another priority than expected, or silence.
    Priority { expected: Expect, got: Option<Priority> },
    /// Fewer than two cases: what it is for, and where it stops, are not both shown.
    TooFewCases,
}

impl std::fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, signal, text, got } = self;
        match got {
            Got::TooFewCases => write!(f, "`{signal}` in `{file}` needs two cases or more"),
            Got::Priority { expected, got } => {
                let expected = expected.priority().map_or("silence", Priority::name);
                let got = got.map_or("silence", Priority::name);
                write!(f, "`{signal}` in `{file}` says {got} of `{text}`, not {expected}")
            }
        }
    }
}

impl Engine {
    /// Runs every case of `files`, which must be those this engine was compiled from.
    pub fn run_cases(&self, files: &[SignalFile]) -> Vec<CaseFailure> {
        let mut failures = Vec::new();
        for (file, signal) in files.iter().flat_map(|f| f.signal.iter().map(move |s| (f, s))) {
            let mut fail = |text: &str, got| {
                let (file, signal) = (file.name.clone(), signal.id.clone());
                failures.push(CaseFailure { file, signal, text: text.to_owned(), got });
            };
            if signal.case.len() < 2 {
                fail("", Got::TooFewCases);
            }
            for case in &signal.case {
                let context = if case.private { Context::PRIVATE } else { Context::PUBLIC };
                let said = self.triage(&case.text, &context);
                let got = said.signals.iter().find(|s| s.id == signal.id).map(|s| s.priority);
                if got != case.expect.priority() {
                    fail(&case.text, Got::Priority { expected: case.expect, got });
                }
            }
        }
        failures
    }
}
