//! Proves an exported ledger without a server, a database or the network.
//!
//! `verify FILE [--key VERIFIER_KEY]... [--since CHECKPOINT_OR_EXPORT]`: exit 0 when everything is
//! proven, 1 when something is not, 2 when it could not be tried. Nothing is sent anywhere.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use bluelamp_ledger::checkpoint::VerifierKey;
use bluelamp_ledger::export::{Expect, MAX_LINE, checkpoint_of, verify};

const USAGE: &str = "\
verify FILE [--key VERIFIER_KEY]... [--since FILE]

Proves an exported ledger from the file alone: every entry, their order, the values
still held, the root and its signature.

  --key KEY     a key you trust, as the force gave it to you some other way. Without
                it the file is proven only against the keys in the file itself.
  --since FILE  a checkpoint you kept, or an older export: proves that nothing before
                it was changed or taken away.

FILE may be - for standard input. Exit code: 0 proven, 1 not proven, 2 could not be tried.
";

fn main() -> ExitCode {
    let asked = match Asked::read(std::env::args_os().skip(1)) {
        Ok(Some(asked)) => asked,
        Ok(None) => return say(&mut std::io::stdout(), USAGE, 0),
        Err(why) => {
            return say(&mut std::io::stderr(), &format!("verify: {why}\n\n{USAGE}"), 2);
        }
    };
    match asked.run() {
        Ok((text, true)) => say(&mut std::io::stdout(), &text, 0),
        Ok((text, false)) => say(&mut std::io::stdout(), &text, 1),
        Err(why) => say(&mut std::io::stderr(), &format!("verify: {why}\n"), 2),
    }
}

/// Prints; a report that could not be printed is not a report.
fn say(to: &mut impl Write, text: &str, code: u8) -> ExitCode {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(2),
    }
}

struct Asked {
    file: PathBuf,
    keys: Vec<VerifierKey>,
    since: Option<PathBuf>,
}

impl Asked {
    /// The arguments; `None` when help was asked for.
    fn read(mut args: impl Iterator<Item = OsString>) -> Result<Option<Self>, String> {
        let (mut file, mut keys, mut since) = (None, Vec::new(), None);
        while let Some(arg) = args.next() {
            match arg.to_str() {
                Some("-h" | "--help") => return Ok(None),
                Some("--key") => {
                    let key = args.next().ok_or("--key needs a verifier key")?;
                    let key = key.to_str().ok_or("--key: not text")?;
                    keys.push(VerifierKey::parse(key).map_err(|why| format!("--key: {why}"))?);
                }
                Some("--since") if since.is_none() => since = Some(args.next().ok_or("--since needs a file")?.into()),
                Some(flag) if flag.starts_with('-') && flag != "-" => {
                    return Err(format!("`{flag}` is not known or given twice"));
                }
                _ if file.is_none() => file = Some(arg.into()),
                _ => return Err("one file at a time".to_owned()),
            }
        }
        Ok(Some(Self { file: file.ok_or("which file?")?, keys, since }))
    }

    fn run(&self) -> Result<(String, bool), String> {
        let since = self.since.as_ref().map(earlier).transpose()?;
        let expect = Expect { keys: self.keys.clone(), since };
        let named = |why: std::io::Error| format!("`{}`: {why}", self.file.display());
        let report = if self.file.as_os_str() == "-" {
            verify(std::io::stdin().lock(), &expect).map_err(named)?
        } else {
            verify(BufReader::with_capacity(1 << 18, File::open(&self.file).map_err(named)?), &expect).map_err(named)?
        };
        Ok((report.to_string(), report.proven()))
    }
}

/// The checkpoint in the file kept from before, be it a checkpoint or an export, of which the first line
/// is enough.
fn earlier(path: &PathBuf) -> Result<String, String> {
    let named = |why: String| format!("--since `{}`: {why}", path.display());
    let mut file = BufReader::new(File::open(path).map_err(|why| named(why.to_string()))?).take(MAX_LINE as u64);
    let mut text = Vec::new();
    std::io::BufRead::read_until(&mut file, b'\n', &mut text).map_err(|why| named(why.to_string()))?;
    if text.first() != Some(&b'{') {
        file.read_to_end(&mut text).map_err(|why| named(why.to_string()))?;
    }
    let text = String::from_utf8(text).map_err(|_| named("not text".to_owned()))?;
    checkpoint_of(&text).map_err(|why| named(why.to_string()))
}
