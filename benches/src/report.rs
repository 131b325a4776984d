//! What was measured, as a page that says how to measure it again.

use crate::Failure;
use std::fmt::Write as _;
use std::path::Path;

/// One line: what, how fast, beside what, and what design asks for.
pub struct Line {
    pub what: String,
    pub ours: String,
    pub beside: String,
    pub ratio: String,
    pub target: &'static str,
    pub met: Met,
}

/// Whether a target is met. Ratios gate: they hold on any machine. Figures are reported beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// Nothing is asked, or the target does not apply to this size.
    Unasked,
    Ratio(bool),
    Figure(bool),
}

impl Met {
    fn missed(self) -> bool {
        matches!(self, Met::Ratio(false) | Met::Figure(false))
    }

    fn words(self) -> &'static str {
        match self {
            Met::Unasked => "",
            Met::Ratio(true) | Met::Figure(true) => "yes",
            Met::Ratio(false) | Met::Figure(false) => "**no**",
        }
    }
}

pub struct Report {
    command: String,
    lines: Vec<Line>,
    notes: Vec<String>,
    /// How busy the machine was before anything was measured.
    load: String,
}

impl Report {
    pub fn new(command: &str) -> Self {
        Report { command: command.to_owned(), lines: Vec::new(), notes: Vec::new(), load: load() }
    }

    pub fn line(&mut self, line: Line) {
        let mark = match line.met {
            Met::Unasked => "",
            met if met.missed() => " (NOT met)",
            _ => " (met)",
        };
        eprintln!("{}: {} beside {}: {}{mark}", line.what, line.ours, line.beside, line.ratio);
        self.lines.push(line);
    }

    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        eprintln!("note: {note}");
        self.notes.push(note);
    }

    pub fn write(&self, out: &Path) -> Result<(), Failure> {
        let mut page = String::from("# How fast Bluelamp is\n\n");
        let profile = if cfg!(debug_assertions) {
            "development profile: these show that the benchmark runs, not how fast the program is"
        } else {
            "release profile"
        };
        writeln!(page, "Measured with `{}`, {profile}, on {}.", self.command, machine())?;
        writeln!(page, "Load average of the machine before: {}; after, the benchmark itself among it: {}.", self.load, load())?;
        page.push_str(
            "Each figure stands beside something known that ran in the same minutes on the same machine; the ratio is the measure.\n\n",
        );
        page.push_str("| what | Bluelamp | beside | ratio | target | met |\n|---|---|---|---|---|---|\n");
        for l in &self.lines {
            writeln!(page, "| {} | {} | {} | {} | {} | {} |", l.what, l.ours, l.beside, l.ratio, l.target, l.met.words())?;
        }
        if !self.notes.is_empty() {
            page.push_str("\n## Notes\n");
            for n in &self.notes {
                writeln!(page, "- {n}")?;
            }
        }
        page.push_str(HOW);
        if let Some(folder) = out.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(out, page)?;
        let missed = self.lines.iter().filter(|l| l.met.missed()).count();
        println!("{} measured, {missed} of them short of their target; written to {}", self.lines.len(), out.display());
        let gates: Vec<&str> = self.lines.iter().filter(|l| l.met == Met::Ratio(false)).map(|l| l.what.as_str()).collect();
        if gates.is_empty() { Ok(()) } else { Err(format!("short of the ratio that gates: {}", gates.join("; ")).into()) }
    }
}

const HOW: &str = "
## What is measured, and how
- **Keyword stage**: folding, one pass of the automaton and the check of word bounds, over 5,000 phrases; beside
  pyahocorasick with the same steps in Python, and beside its scan alone with text that was folded for it.
- **Whole triage**: a message to its statement with the Leicestershire pack and the 5,000 phrases; beside a scikit-learn
  pipeline (words and letters up to five, a linear model) that answers one message at a time, and beside the bare scan of
  the same phrases by the same automaton library.
- **Decision**: one question to the largest pack, both evaluations, entities built; the median.
- **Intake**: raw bodies kept, mapped, triaged, decided and recorded, 100 to a transaction on SQLite; beside the very rows
  that this wrote, alarms and their jobs among them, inserted again into an empty file with the same settings, indexes and full text, a
  hundred rows to a statement, 100 messages to a transaction, keys unchecked. Three rounds, each with an installation of its own; the middle counts.
- **Received to an open desk**: signed webhooks of one message each at a steady rate through the public router, and the
  moment when each of five open desks hears of it on its stream, while each draws its page again every two seconds. One
  message in a hundred rings an alarm. Everything runs on this machine's cores, those who send and those who listen too.
- **Acts and the ledger**: one act after another, each in its own transaction; beside single committed inserts. Then the
  sequencer's places an hour's entries at a time.
- **Pages**: every page without a parameter and one conversation, through the router with a session, at both sizes.
  Rows are made by SQL from one real message, 2,000 of them open, in an installation marked as a demonstration.
";

/// How many wanted the processor in the last one, five and fifteen minutes.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(", ")
}

/// The processor and how many of it, in words.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|l| l.strip_prefix("model name"))
        .and_then(|l| l.split(':').nth(1))
        .map_or("an unknown processor", str::trim)
        .to_owned();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {model}")
}

/// `1,234,567`.
pub fn thousands(n: f64) -> String {
    let digits = format!("{:.0}", n);
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

pub fn millis(took: std::time::Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}
