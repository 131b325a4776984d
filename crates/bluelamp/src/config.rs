//! One `bluelamp.toml`. Unknown keys are errors; secrets come from files alone.

use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the data are kept: the SQLite file, objects, keys.
    pub data: PathBuf,
    #[serde(default)]
    pub database: Database,
    pub staff: Listener,
    #[serde(default)]
    pub public: Option<Listener>,
    /// The proxies before both listeners, whose word on where a request comes from is taken.
    #[serde(default)]
    pub proxy: crate::http::peer::Proxy,
    #[serde(default)]
    pub mail: Option<Mail>,
    #[serde(default)]
    pub objects: Option<Objects>,
    #[serde(default)]
    pub egress: Egress,
    /// The force that the first start sets up, where there is none yet.
    #[serde(default)]
    pub first_force: Option<FirstForce>,
    /// The folder of packs that `pack adopt` reads; nodes themselves run what is adopted.
    #[serde(default = "packs_folder")]
    pub packs: PathBuf,
}

fn packs_folder() -> PathBuf {
    PathBuf::from("packs")
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstForce {
    /// Short name in addresses, `exampleshire`.
    pub slug: String,
    pub title: String,
    #[serde(default = "college_app")]
    pub pack: String,
    #[serde(default = "london")]
    pub zone: String,
    /// E-mail address of the first administrator.
    pub administrator: String,
}

fn college_app() -> String {
    "college-app".into()
}

fn london() -> String {
    "Europe/London".into()
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// A file with the PostgreSQL address of the app's role. Without it, SQLite in `data`.
    pub postgres_file: Option<PathBuf>,
    /// A file with the address of the role that owns the tables.
    pub postgres_owner_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    /// Address and port, `127.0.0.1:8080`.
    pub listen: String,
    /// How browsers reach it, `https://bluelamp.force.example`: the Host header, passkeys and cookies go by it.
    pub origin: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub host: String,
    pub port: u16,
    pub from: String,
    /// `starttls`, `tls`, or `none` for a relay on this machine.
    #[serde(default = "starttls")]
    pub security: String,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
}

fn starttls() -> String {
    "starttls".into()
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objects {
    /// An S3-compatible store.
    pub endpoint: String,
    pub bucket: String,
    pub region: String,
    pub key_id_file: PathBuf,
    pub secret_file: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    /// Allows private and loopback addresses: rehearsal and tests alone.
    pub private: bool,
    /// Seconds after which a call to a platform counts as unanswered, whatever the connector would wait.
    pub timeout_s: u64,
}

impl Default for Egress {
    fn default() -> Self {
        Egress { private: false, timeout_s: 60 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read `{0}`: {1}; write one (docs/operations.md shows it) or name it with --config")]
    Read(PathBuf, String),
    #[error("`{0}`: {1}")]
    Parse(PathBuf, String),
}

impl Config {
    /// # Errors
    /// When the file cannot be read, or holds a key that Bluelamp does not know.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|e| ConfigError::Read(path.into(), e.to_string()))?;
        Self::parse(&text).map_err(|e| ConfigError::Parse(path.into(), e))
    }

    pub fn parse(text: &str) -> Result<Config, String> {
        toml::from_str(text).map_err(|e| e.message().to_owned() + &e.span().map(|s| format!(" (at byte {})", s.start)).unwrap_or_default())
    }
}

/// A secret from its file, without the line end.
pub fn secret_file(path: &Path) -> Result<crate::vault::Secret, ConfigError> {
    let mut bytes = std::fs::read(path).map_err(|e| ConfigError::Read(path.into(), e.to_string()))?;
    while bytes.last().is_some_and(|b| *b == b'\n' || *b == b'\r') {
        bytes.pop();
    }
    Ok(crate::vault::Secret::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let text = "data = \"var\"\ncolour = 1\n[staff]\nlisten = \"127.0.0.1:1\"\norigin = \"http://localhost:1\"\n";
        assert!(Config::parse(text).unwrap_err().contains("colour"));
        assert!(Config::parse(&text.replace("colour = 1\n", "")).is_ok());
    }
}
