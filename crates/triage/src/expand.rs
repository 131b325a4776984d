//! `{a|b} <list>` to the plain phrases it stands for, so that a page of pack text reads like the desk talks.

use std::collections::BTreeMap;

/// Most phrases one line may stand for. Beyond it the line is a mistake, or should be two.
pub(crate) const MOST: usize = 2_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExpandError {
    UnknownList(String),
    Unclosed,
    TooMany,
}

/// Every phrase that `line` stands for.
pub(crate) fn expand(line: &str, lists: &BTreeMap<String, Vec<String>>) -> Result<Vec<String>, ExpandError> {
    let mut done = vec![String::new()];
    let mut rest = line;
    while let Some(at) = rest.find(['{', '<']) {
        let (plain, tail) = rest.split_at(at);
        let close = if tail.starts_with('{') { '}' } else { '>' };
        let end = tail.find(close).ok_or(ExpandError::Unclosed)?;
        let inside = &tail[1..end];
        let mut choices: Vec<String> = Vec::new();
        if close == '>' {
            let named = lists.get(inside).ok_or_else(|| ExpandError::UnknownList(inside.to_owned()))?;
            choices.extend(named.iter().cloned());
        } else {
            // A choice may name a list; it holds no bracket of its own, so this goes one step deep.
            for choice in inside.split('|') {
                choices.extend(expand(choice, lists)?);
            }
        }
        if done.len().saturating_mul(choices.len()) > MOST {
            return Err(ExpandError::TooMany);
        }
        done = done.iter().flat_map(|head| choices.iter().map(move |c| format!("{head}{plain}{c}"))).collect();
        rest = &tail[end + 1..];
    }
    for phrase in &mut done {
        phrase.push_str(rest);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Result<Vec<String>, ExpandError> {
        let lists = BTreeMap::from([("who".to_owned(), vec!["he".to_owned(), "she".to_owned()])]);
        expand(line, &lists)
    }

    #[test]
    fn a_plain_line_is_itself() {
        assert_eq!(all("got a knife"), Ok(vec!["got a knife".into()]));
    }

    #[test]
    fn choices_and_lists_multiply() {
        assert_eq!(all("<who> {has|} left"), Ok(vec!["he has left".into(), "he  left".into(), "she has left".into(), "she  left".into()]));
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(all("<nobody> left"), Err(ExpandError::UnknownList("nobody".into())));
        assert_eq!(all("{a|<who>} left").map(|p| p.len()), Ok(3));
        assert_eq!(all("{a|b left"), Err(ExpandError::Unclosed));
        assert_eq!(all(&"{a|b|c|d}".repeat(6)), Err(ExpandError::TooMany));
    }
}
