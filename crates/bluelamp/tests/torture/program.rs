//! The built program as the machine has it: started, killed as the power fails, stopped politely.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::Instant;

pub struct Program {
    config: PathBuf,
    log: PathBuf,
    staff: String,
    http: reqwest::Client,
    child: Option<Child>,
    began: Instant,
    /// How long each start took that was left alone.
    pub starts: Vec<Duration>,
}

impl Program {
    pub fn new(place: &super::place::Place, http: reqwest::Client) -> Program {
        Program {
            config: place.config.clone(),
            log: place.dir.path().join("program.log"),
            staff: place.staff.clone(),
            http,
            child: None,
            began: Instant::now(),
            starts: Vec::new(),
        }
    }

    /// Starts it; it is not ready yet.
    pub fn start(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log).expect("the log can be written");
        let child = Command::new(env!("CARGO_BIN_EXE_bluelamp"))
            .args(["serve", "--config"])
            .arg(&self.config)
            .env("BLUELAMP_LOG", "info,sqlx=warn,hyper=warn")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log can be shared"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        self.began = Instant::now();
        self.child = Some(child);
    }

    /// Waits until it answers.
    pub async fn ready(&mut self) {
        let url = format!("{}/sign-in", self.staff);
        let deadline = self.began + Duration::from_secs(60);
        loop {
            if self.http.get(&url).send().await.is_ok_and(|r| r.status().is_success()) {
                self.starts.push(self.began.elapsed());
                return;
            }
            let gone = self.child.as_mut().expect("it was started").try_wait().expect("it can be asked");
            assert!(gone.is_none(), "the program ended by itself ({gone:?}):\n{}", self.last_words());
            assert!(Instant::now() < deadline, "the program does not answer after a minute:\n{}", self.last_words());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// SIGKILL: it hears nothing and finishes nothing.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it was started");
        let gone = child.try_wait().expect("it can be asked");
        assert!(gone.is_none(), "the program ended by itself before it was killed ({gone:?}):\n{}", self.last_words());
        child.kill().await.expect("it can be killed");
    }

    /// As an administrator stops it.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().expect("it was started");
        let pid = child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill is there");
        assert!(asked.success());
        let ended =
            tokio::time::timeout(Duration::from_secs(20), child.wait()).await.expect("it stops when asked").expect("it can be asked");
        assert!(ended.success(), "it stopped with {ended}:\n{}", self.last_words());
    }

    /// One command of the program, to its end.
    pub async fn command(&self, args: &[&str]) -> String {
        let out =
            Command::new(env!("CARGO_BIN_EXE_bluelamp")).args(args).arg("--config").arg(&self.config).output().await.expect("it runs");
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "`bluelamp {}`: {said}", args.join(" "));
        said
    }

    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let from = text.char_indices().rev().nth(6_000).map_or(0, |(i, _)| i);
        text[from..].to_owned()
    }
}
