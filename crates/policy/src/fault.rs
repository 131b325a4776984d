//! What is wrong with a pack. All faults are reported at once, each with its file and, where it has one, its rule.

use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[error("{}{}: {says}", .file, .rule.as_deref().map(|r| format!(" `{r}`")).unwrap_or_default())]
pub struct Fault {
    /// The path inside the folder of packs, `leicestershire/rules/desk.cedar`.
    pub file: String,
    /// The rule's id, where the fault lies in a rule that has one.
    pub rule: Option<String>,
    /// The fact and what to do about it.
    pub says: String,
}

impl Fault {
    pub(crate) fn new(file: &str, says: impl ToString) -> Self {
        Fault { file: file.to_owned(), rule: None, says: one_line(&says.to_string()) }
    }

    pub(crate) fn of_rule(file: &str, rule: &str, says: impl ToString) -> Self {
        Fault { rule: Some(rule.to_owned()), ..Fault::new(file, says) }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
