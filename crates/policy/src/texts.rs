//! Guidance that people read, and templates that they send. A pack's text replaces one of the same name that it inherits.

use crate::Fault;
use crate::files::{Files, in_folder, read_text};
use serde::Serialize;
use std::collections::BTreeMap;

/// A page of guidance, in Markdown; its first line is its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guide {
    /// The file's name without its ending, `community-guidelines`.
    pub name: String,
    pub title: String,
    /// What follows the title.
    pub text: String,
    pub pack: String,
}

/// A text with gaps, `{guidelines_link}`, that a person completes and sends. Nothing is sent by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Template {
    pub name: String,
    pub title: String,
    pub text: String,
    /// The gaps, in order, each once.
    pub variables: Vec<String>,
    pub pack: String,
}

/// What a template may leave open. The program fills these from what it knows, and asks the person for the rest.
const VARIABLES: [&str; 9] =
    ["force", "account", "guidelines_link", "report_link", "contact_link", "ground", "reference", "hours", "topic"];

impl Template {
    /// The text with its gaps filled; the names of those that `values` leaves open, if any.
    pub fn fill(&self, values: &BTreeMap<&str, String>) -> Result<String, Vec<String>> {
        let open: Vec<String> = self.variables.iter().filter(|v| !values.contains_key(v.as_str())).cloned().collect();
        if !open.is_empty() {
            return Err(open);
        }
        let mut out = String::new();
        let mut rest = self.text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else { break };
            out.push_str(values.get(name).map(String::as_str).unwrap_or_default());
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

pub(crate) fn guidance(files: &Files, folder: &str, parent: Option<&[Guide]>, faults: &mut Vec<Fault>) -> Vec<Guide> {
    let mut all: BTreeMap<String, Guide> = parent.unwrap_or_default().iter().map(|g| (g.name.clone(), g.clone())).collect();
    for (name, title, text, _) in read(files, &format!("{folder}/guidance"), faults) {
        all.insert(name.clone(), Guide { name, title, text, pack: folder.to_owned() });
    }
    all.into_values().collect()
}

pub(crate) fn templates(files: &Files, folder: &str, parent: Option<&[Template]>, faults: &mut Vec<Fault>) -> Vec<Template> {
    let mut all: BTreeMap<String, Template> = parent.unwrap_or_default().iter().map(|t| (t.name.clone(), t.clone())).collect();
    for (name, title, text, path) in read(files, &format!("{folder}/templates"), faults) {
        match variables(&text) {
            Ok(variables) => {
                for v in variables.iter().filter(|v| !VARIABLES.contains(&v.as_str())) {
                    faults.push(Fault::new(&path, format!("`{{{v}}}` is no gap that can be filled; there are {}", VARIABLES.join(", "))));
                }
                all.insert(name.clone(), Template { name, title, text, variables, pack: folder.to_owned() });
            }
            Err(says) => faults.push(Fault::new(&path, says)),
        }
    }
    all.into_values().collect()
}

fn variables(text: &str) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let after = &rest[open + 1..];
        let end = after.find(['{', '}']).filter(|end| rest[open..].starts_with('{') && after[*end..].starts_with('}'));
        let end = end.ok_or("a brace stands alone; a gap is `{name}`")?;
        if !found.iter().any(|v| v == &after[..end]) {
            found.push(after[..end].to_owned());
        }
        rest = &after[end + 1..];
    }
    Ok(found)
}

/// Name, title, text and path of each Markdown file.
fn read(files: &Files, folder: &str, faults: &mut Vec<Fault>) -> Vec<(String, String, String, String)> {
    let mut found = Vec::new();
    for (path, bytes) in in_folder(files, folder) {
        let Some(text) = read_text(path, bytes, faults) else { continue };
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let title = first.strip_prefix("# ").map(str::trim).filter(|t| !t.is_empty());
        let Some(title) = title else {
            faults.push(Fault::new(path, "the first line is the title, `# Title`"));
            continue;
        };
        let name = path.rsplit('/').next().and_then(|f| f.strip_suffix(".md")).unwrap_or_default();
        if rest.trim().is_empty() {
            faults.push(Fault::new(path, "there is a title and no text"));
        }
        found.push((name.to_owned(), title.to_owned(), rest.trim().to_owned(), path.clone()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template { name: "t".into(), title: "T".into(), text: text.into(), variables: variables(text).unwrap(), pack: "p".into() }
    }

    #[test]
    fn gaps_are_filled_or_named() {
        let t = template("Read {guidelines_link}. {force} again: {guidelines_link}");
        assert_eq!(t.variables, ["guidelines_link", "force"]);
        assert_eq!(t.fill(&[("force", "F".to_owned())].into()), Err(vec!["guidelines_link".to_owned()]));
        let values = [("force", "{F}".to_owned()), ("guidelines_link", "L".to_owned())].into();
        assert_eq!(t.fill(&values).unwrap(), "Read L. {F} again: L");
    }

    #[test]
    fn a_lone_brace_is_an_error() {
        for broken in ["{open", "close}", "{a{b}}"] {
            assert!(variables(broken).is_err(), "{broken}");
        }
    }
}
