//! The program's own text, read by the tests of the walls: what no run can show, the source can.

use regex::Regex;
use std::path::{Path, PathBuf};

/// The root of this checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout is there")
}

/// One file, with its path from the root, its text, and its code: no comments, no tests at its end.
pub struct File {
    pub path: String,
    pub text: String,
    pub code: String,
}

impl File {
    /// The path below `crates/bluelamp/src/`, or the whole one for files elsewhere.
    pub fn short(&self) -> &str {
        self.path.strip_prefix("crates/bluelamp/src/").unwrap_or(&self.path)
    }

    /// The first part of the path below `src/`: an area, or a part of the ground.
    pub fn part(&self) -> &str {
        let short = self.path.split_once("/src/").map_or(self.path.as_str(), |(_, s)| s);
        short.split('/').next().unwrap_or(short).trim_end_matches(".rs")
    }

    /// Lines of the code with a number each, as in the file.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(n, l)| (n + 1, l))
    }
}

/// The files under `folder` whose names end in `.ext`, tests among them only where they are asked for.
pub fn files(folder: &str, ext: &str) -> Vec<File> {
    let mut out = Vec::new();
    walk(&root(), &root().join(folder), ext, &mut out);
    out.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!out.is_empty(), "no .{ext} file under {folder}: this test would hold nothing");
    out
}

/// The program's own files without its tests.
pub fn program() -> Vec<File> {
    let mut all = files("crates/bluelamp/src", "rs");
    all.retain(|f| !is_test(&f.path));
    all
}

pub fn is_test(path: &str) -> bool {
    // A file named for an invariant (`i10.rs`) is that invariant's tests.
    let invariant = |p: &str| p.strip_prefix('i').and_then(|p| p.strip_suffix(".rs")).is_some_and(|n| n.parse::<u8>().is_ok());
    path.split('/').any(|p| ["tests", "tests.rs", "testing", "testing.rs"].contains(&p) || p.ends_with("_tests.rs") || invariant(p))
}

fn walk(root: &Path, at: &Path, ext: &str, out: &mut Vec<File>) {
    for entry in std::fs::read_dir(at).unwrap_or_else(|e| panic!("{}: {e}", at.display())) {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "out" | "dist") {
                walk(root, &path, ext, out);
            }
        } else if name.ends_with(&format!(".{ext}")) {
            let text = std::fs::read_to_string(&path).expect("source is UTF-8");
            let code = if ext == "rs" { code_of(&text) } else { text.clone() };
            let path = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            out.push(File { path, text, code });
        }
    }
}

/// Comments become blank, and what stands in a module of tests at the end is left out; line numbers stay.
fn code_of(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().map(|l| l.trim()).unwrap_or_default();
        if line.trim() == "#[cfg(test)]" && next.starts_with("mod ") && next.ends_with('{') {
            break;
        }
        out.push_str(line.find("//").filter(|at| !in_string(&line[..*at])).map_or(line, |at| &line[..at]));
        out.push('\n');
    }
    out
}

/// Is the end of `before` inside a string? An address in quotes is not a comment.
fn in_string(before: &str) -> bool {
    let bare = before.replace("\\\"", "").replace("'\"'", "");
    bare.matches('"').count() % 2 == 1
}

/// The parts of the crate that a file names: `crate::desk::…`, `use crate::{desk, http}` and `super::` that leaves the
/// file's own part.
pub fn named_parts(file: &File) -> Vec<String> {
    let mut out = Vec::new();
    let single = Regex::new(r"\bcrate::([a-z_]+)\b").expect("a right pattern");
    out.extend(single.captures_iter(&file.code).map(|c| c[1].to_owned()));
    let group = Regex::new(r"\bcrate::\{").expect("a right pattern");
    for found in group.find_iter(&file.code) {
        let mut depth = 1;
        let mut item = String::new();
        for c in file.code[found.end()..].chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                out.extend(first_word(&item));
                item.clear();
            } else {
                item.push(c);
            }
            if depth == 0 {
                break;
            }
        }
    }
    let climbs = Regex::new(r"\b((?:super::)+)([a-z_]+)").expect("a right pattern");
    let below = file.path.split_once("/src/").map_or("", |(_, s)| s);
    let depth = below.trim_end_matches(".rs").trim_end_matches("/mod").split('/').count();
    for c in climbs.captures_iter(&file.code) {
        if c[1].matches("super::").count() >= depth {
            out.push(c[2].to_owned());
        }
    }
    out.sort();
    out.dedup();
    out
}

fn first_word(item: &str) -> Option<String> {
    let word: String = item.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Fails with every line that is wrong at once.
pub fn none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

#[test]
fn the_reader_of_imports_sees_every_form_of_one() {
    let text = "use crate::{desk::store as d, http, sql};\n// use crate::records;\nfn f() { crate::people::x(\"http://a\"); }\nuse super::super::intake::y;\n#[cfg(test)]\nmod tests {\n use crate::live;\n}\n";
    let file = File { path: "crates/bluelamp/src/accounts/pages.rs".into(), text: text.into(), code: code_of(text) };
    assert_eq!(named_parts(&file), ["desk", "http", "intake", "people", "sql"]);
}
