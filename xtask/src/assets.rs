//! Builds `assets/dist`: the few browser files the program embeds, under content-hashed names, with `manifest.json`
//! from logical to hashed name. A separate step rather than a build script, because it runs `npm ci`, and a build
//! script that reaches a network breaks offline builds.
//!
//! GOV.UK Frontend is made ours on the way: its licence keeps the crown, the crest and the GDS Transport typeface for
//! service.gov.uk, so the font faces and image references are taken out and the family becomes the system's own.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Outcome<T> = Result<T, String>;

/// Files taken from packages: where in `node_modules`, and the logical name they get.
const FROM_PACKAGES: &[(&str, &str)] = &[
    ("govuk-frontend/dist/govuk/govuk-frontend.min.css", "govuk-frontend.css"),
    ("govuk-frontend/dist/govuk/govuk-frontend.min.js", "govuk-frontend.js"),
];

/// Folders of our own files; every file in them ships under its own name.
const OURS: &[&str] = &["css", "js", "img"];

/// Our style sheets are one file to the browser, joined in the order of their names: `10-theme.css` comes first.
const STYLES: &str = "bluelamp.css";

/// The system's own typeface: nothing to download, and every correspondent's script is in it.
const FAMILY: &str = "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",\"Liberation Sans\",Arial,sans-serif";

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Builds what changed and says what it did in one sentence.
pub fn build(repository: &Path) -> Outcome<String> {
    let root = repository.join("assets");
    let dist = root.join("dist");
    let stamp_file = root.join("node_modules/.bluelamp-stamp");
    let stamp = stamp(&root)?;
    if fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) && is_whole(&dist) {
        return Ok("assets: nothing changed".into());
    }
    install(&root)?;
    let manifest = write_dist(&dist, collect(&root)?)?;
    write(&stamp_file, stamp.as_bytes())?;
    Ok(format!("assets: {} files in assets/dist", manifest.len()))
}

/// Everything the result depends on: the lock file, our sources and this program's own rules.
fn stamp(root: &Path) -> Outcome<String> {
    let mut hash = Sha256::new();
    hash.update(include_str!("assets.rs"));
    let mut files = vec![root.join("package.json"), root.join("package-lock.json")];
    files.extend(our_files(root)?);
    for file in files {
        hash.update(file.strip_prefix(root).unwrap_or(&file).to_string_lossy().as_bytes());
        hash.update(read(&file)?);
    }
    Ok(hex(&hash.finalize()))
}

fn is_whole(dist: &Path) -> bool {
    let Ok(text) = fs::read_to_string(dist.join("manifest.json")) else { return false };
    let Ok(manifest) = serde_json::from_str::<BTreeMap<String, String>>(&text) else { return false };
    !manifest.is_empty() && manifest.values().all(|name| dist.join(name).is_file())
}

/// `npm ci` only when the lock file is not the one the installed packages came from.
fn install(root: &Path) -> Outcome<()> {
    let lock = hex(&Sha256::digest(read(&root.join("package-lock.json"))?));
    let mark = root.join("node_modules/.bluelamp-lock");
    if fs::read_to_string(&mark).is_ok_and(|old| old == lock) {
        return Ok(());
    }
    println!("assets: npm ci --ignore-scripts");
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(root)
        .status()
        .map_err(|e| format!("cannot start npm ({e}): install Node.js 20 or newer with npm, then run this again"))?;
    if !npm.success() {
        return Err(format!("npm ci failed ({npm}): check that the npm registry can be reached, then run this again"));
    }
    write(&mark, lock.as_bytes())
}

/// Logical name → content, before names are hashed.
fn collect(root: &Path) -> Outcome<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for (from, name) in FROM_PACKAGES {
        let bytes = read(&root.join("node_modules").join(from))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("`{from}` is not UTF-8: pin the version that was"))?;
        let text = without_source_map(&text);
        let text = if name.ends_with(".css") { own_typeface(&text)? } else { text };
        files.insert((*name).to_string(), text.into_bytes());
    }
    for file in our_files(root)? {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.ends_with(".css") {
            files.entry(STYLES.to_string()).or_default().extend(read(&file)?);
            continue;
        }
        if files.insert(name.clone(), read(&file)?).is_some() {
            return Err(format!("two files are called `{name}`: rename one of them"));
        }
    }
    Ok(files)
}

fn our_files(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in OURS {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let path = entry.map_err(|e| format!("cannot list assets/{folder}: {e}"))?.path();
            if path.is_file() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The map is not shipped, and a browser that asked for it would fail to find it. Minified files are one line, so only
/// the comment goes.
fn without_source_map(text: &str) -> String {
    let cut = ["//# sourceMappingURL=", "/*# sourceMappingURL="].iter().filter_map(|mark| text.rfind(mark)).min();
    cut.map_or_else(|| text.to_string(), |at| text[..at].trim_end().to_string())
}

/// Takes the reserved typeface and images out of GOV.UK Frontend's style sheet; an error when either is still named,
/// so that a new version cannot bring them back unseen.
fn own_typeface(css: &str) -> Outcome<String> {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("@font-face{") {
        out.push_str(&rest[..start]);
        let end = rest[start..].find('}').ok_or("a font face in govuk-frontend does not end")?;
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    let out = out.replace("GDS Transport,arial,sans-serif", FAMILY);
    let out = without_urls(&out);
    for reserved in ["GDS Transport", "crest.svg", ".woff"] {
        if out.contains(reserved) {
            return Err(format!("govuk-frontend's style sheet still names `{reserved}`: teach xtask to take it out"));
        }
    }
    Ok(out)
}

fn without_urls(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("url(/assets/") {
        out.push_str(&rest[..start]);
        out.push_str("none");
        rest = rest[start..].find(')').map_or("", |end| &rest[start + end + 1..]);
    }
    out.push_str(rest);
    out
}

/// Writes hashed files. A file that names another as `"./name"` or `url(./name)` waits for it, and is hashed with the
/// other's hashed name inside, so that no stale pair can ever be served.
fn write_dist(dist: &Path, mut files: BTreeMap<String, Vec<u8>>) -> Outcome<BTreeMap<String, String>> {
    fs::create_dir_all(dist).map_err(|e| format!("cannot make {}: {e}", dist.display()))?;
    let names: Vec<String> = files.keys().cloned().collect();
    let mut manifest: BTreeMap<String, String> = BTreeMap::new();
    while !files.is_empty() {
        let ready = files
            .iter()
            .find(|(name, bytes)| !names.iter().any(|other| other != *name && !manifest.contains_key(other) && names_other(bytes, other)));
        let Some(name) = ready.map(|(name, _)| name.clone()) else {
            let circle: Vec<&String> = files.keys().collect();
            return Err(format!("these files name each other in a circle: {circle:?}"));
        };
        let bytes = files.remove(&name).unwrap_or_default();
        let bytes = with_hashed_names(bytes, &manifest);
        let hashed = hashed_name(&name, &bytes);
        write(&dist.join(&hashed), &bytes)?;
        manifest.insert(name, hashed);
    }
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| e.to_string())?;
    write(&dist.join("manifest.json"), text.as_bytes())?;
    sweep(dist, &manifest)?;
    Ok(manifest)
}

fn names_other(bytes: &[u8], other: &str) -> bool {
    let needle = format!("./{other}");
    std::str::from_utf8(bytes).is_ok_and(|text| {
        text.match_indices(&needle).any(|(at, _)| matches!(text[at + needle.len()..].chars().next(), Some('"' | '\'' | ')')))
    })
}

fn with_hashed_names(bytes: Vec<u8>, manifest: &BTreeMap<String, String>) -> Vec<u8> {
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(binary) => return binary.into_bytes(),
    };
    for (name, hashed) in manifest {
        for end in ['"', '\'', ')'] {
            text = text.replace(&format!("./{name}{end}"), &format!("./{hashed}{end}"));
        }
    }
    text.into_bytes()
}

fn hashed_name(name: &str, bytes: &[u8]) -> String {
    let hash = hex(&Sha256::digest(bytes));
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{}.{extension}", &hash[..12]),
        None => format!("{name}.{}", &hash[..12]),
    }
}

/// Files of earlier builds would otherwise be embedded for ever.
fn sweep(dist: &Path, manifest: &BTreeMap<String, String>) -> Outcome<()> {
    for entry in fs::read_dir(dist).map_err(|e| format!("cannot list {}: {e}", dist.display()))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "manifest.json" && !manifest.values().any(|kept| *kept == name) {
            fs::remove_file(entry.path()).map_err(|e| format!("cannot remove stale `{name}`: {e}"))?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

/// Through a temporary name, so that a build running beside this one never sees half a file.
fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let temporary = path.with_extension("partial");
    fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_source_map_comment_goes() {
        assert_eq!(without_source_map("run();//# sourceMappingURL=a.js.map"), "run();");
        assert_eq!(without_source_map("a{}\n/*# sourceMappingURL=a.css.map */\n"), "a{}");
        assert_eq!(without_source_map("run();"), "run();");
    }

    #[test]
    fn reserved_typeface_and_crest_are_taken_out() {
        let css = "a{color:red}@font-face{font-family:GDS Transport;src:url(/assets/fonts/x.woff2)}\
                   b{font-family:GDS Transport,arial,sans-serif}.logo{background-image:url(/assets/images/govuk-crest.svg)}";
        let ours = own_typeface(css).unwrap();
        assert!(ours.contains("b{font-family:system-ui"), "{ours}");
        assert!(!ours.contains("GDS") && !ours.contains("crest") && !ours.contains("woff"), "{ours}");
        assert!(ours.starts_with("a{color:red}b{"), "{ours}");
    }

    #[test]
    fn a_reserved_name_written_another_way_stops_the_build() {
        assert!(own_typeface("b{font-family:\"GDS Transport\"}").unwrap_err().contains("GDS Transport"));
    }

    #[test]
    fn a_file_that_names_another_carries_its_hashed_name_and_changes_with_it() {
        let dist = std::env::temp_dir().join(format!("bluelamp-xtask-{}", std::process::id()));
        let files = |leaf: &str| {
            BTreeMap::from([
                ("a.js".to_string(), b"import './b.js'; import \"./b.json\"".to_vec()),
                ("b.js".to_string(), leaf.as_bytes().to_vec()),
            ])
        };
        let first = write_dist(&dist, files("1")).unwrap();
        let second = write_dist(&dist, files("2")).unwrap();
        let a = fs::read_to_string(dist.join(&second["a.js"])).unwrap();
        let left = fs::read_dir(&dist).unwrap().count();
        fs::remove_dir_all(&dist).unwrap();
        assert_eq!(a, format!("import './{}'; import \"./b.json\"", second["b.js"]));
        assert_ne!(first["a.js"], second["a.js"], "a change below must change the name above");
        assert_eq!(left, 3, "files of the first build are swept, manifest stays");
    }

    #[test]
    fn files_that_name_each_other_are_refused() {
        let dist = std::env::temp_dir().join(format!("bluelamp-xtask-circle-{}", std::process::id()));
        let files = BTreeMap::from([("a.js".to_string(), b"import './b.js'".to_vec()), ("b.js".to_string(), b"import './a.js'".to_vec())]);
        let why = write_dist(&dist, files).unwrap_err();
        fs::remove_dir_all(&dist).unwrap();
        assert!(why.contains("circle"), "{why}");
    }
}
