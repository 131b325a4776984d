//! The server's file: one change a line, appended before it takes effect.

use super::world::Change;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

pub struct Log {
    file: File,
}

impl Log {
    /// Opens or makes the file and reads what it tells. A last line that was cut short by a crash is dropped.
    pub fn open(path: &Path, seed: u64) -> io::Result<(Self, Vec<Change>)> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        let mut changes = Vec::new();
        for (at, line) in text[..whole].lines().enumerate() {
            let change = serde_json::from_str(line).map_err(|e| bad(path, &format!("line {} cannot be read: {e}", at + 1)))?;
            changes.push(change);
        }
        let mut log = Self { file };
        match changes.first() {
            Some(Change::Began { seed: of }) if *of == seed => {}
            Some(Change::Began { seed: of }) => {
                return Err(bad(path, &format!("it belongs to seed {of}, not {seed}; give that seed or another file")));
            }
            Some(_) => return Err(bad(path, "it does not begin with its seed")),
            None => log.append(&Change::Began { seed })?,
        }
        Ok((log, changes))
    }

    pub fn append(&mut self, change: &Change) -> io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

fn bad(path: &Path, why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the rehearsal's file `{}`: {why}", path.display()))
}
