//! Triage beside what people would otherwise take for it.

use crate::report::{Line, Met, Report, thousands};
use crate::stopwatch::{best, per_second};
use crate::{Failure, corpus, installation};
use aho_corasick::AhoCorasick;
use bluelamp_triage::{Context, Engine, SignalFile};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// What the baselines took, in seconds for all messages.
struct Baseline {
    keywords: f64,
    scan: f64,
    model: f64,
    model_messages: f64,
}

pub fn measure(report: &mut Report, messages: &[(String, bool)], python: Option<&Path>, folder: &Path) -> Result<(), Failure> {
    let phrases = corpus::phrases(5_000);
    let texts: Vec<&str> = messages.iter().map(|(t, _)| t.as_str()).collect();
    let n = texts.len();
    let rounds = 5;

    let alone = Engine::compile(&[signal_file(&phrases)?], "bench 1").map_err(|e| e.to_string())?;
    let keywords = best(rounds, || {
        for text in &texts {
            for folded in alone.fold(text) {
                black_box(alone.scan(&folded));
            }
        }
    });
    let bare = AhoCorasick::builder().ascii_case_insensitive(true).build(&phrases)?;
    let scan = best(rounds, || {
        for text in &texts {
            black_box(bare.find_overlapping_iter(*text).count());
        }
    });
    let pack = installation::pack("leicestershire")?;
    let mut files = SignalFile::parse_all(pack.triage_files()).map_err(|e| e.to_string())?;
    files.push(signal_file(&phrases)?);
    let engine = Engine::compile(&files, "bench 1").map_err(|e| e.to_string())?;
    let triage = best(rounds, || {
        for text in &texts {
            black_box(engine.triage(text, &Context::PUBLIC));
        }
    });
    let baseline = match python {
        Some(python) => Some(baselines(python, folder, messages, &phrases)?),
        None => {
            report.note("pyahocorasick and scikit-learn were not there: name a Python that has them with --python (make bench does).");
            None
        }
    };
    let rate = |took| format!("{} messages/s", thousands(per_second(n, took)));
    if let Some(b) = &baseline {
        for (what, took, target, least) in [
            ("keyword stage, 5,000 phrases", b.keywords, "≥ 3 ×", Some(3.0)),
            ("keyword stage beside a scan of text that was folded for it", b.scan, "", None),
        ] {
            let ratio = took / keywords.as_secs_f64();
            report.line(Line {
                what: what.into(),
                ours: rate(keywords),
                beside: format!("pyahocorasick {} messages/s", thousands(n as f64 / took)),
                ratio: format!("{ratio:.1} ×"),
                target,
                met: least.map_or(Met::Unasked, |l| Met::Ratio(ratio >= l)),
            });
        }
        let ratio = (b.model / b.model_messages) / (triage.as_secs_f64() / n as f64);
        report.line(Line {
            what: "whole triage".into(),
            ours: rate(triage),
            beside: format!("scikit-learn {} messages/s", thousands(b.model_messages / b.model)),
            ratio: format!("{ratio:.0} ×"),
            target: "≥ 30 ×",
            met: Met::Ratio(ratio >= 30.0),
        });
    }
    let ratio = triage.as_secs_f64() / scan.as_secs_f64();
    report.line(Line {
        what: format!("whole triage, {} phrases", thousands(engine.phrases() as f64)),
        ours: rate(triage),
        beside: format!("the bare scan {} messages/s", thousands(per_second(n, scan))),
        ratio: format!("{ratio:.1} × its time"),
        target: "≤ 15 ×",
        met: Met::Ratio(ratio <= 15.0),
    });
    Ok(())
}

fn signal_file(phrases: &[String]) -> Result<SignalFile, Failure> {
    let any = serde_json::to_string(phrases)?;
    let text = format!(
        "[[signal]]\nid = \"bench.phrases\"\nthrive = [\"engagement\"]\npriority = \"routine\"\nroute = \"desk\"\nsays = \"A phrase of the benchmark.\"\nany = {any}\n"
    );
    Ok(SignalFile::parse("bench.toml", 0, &text).map_err(|e| e.to_string())?)
}

/// Runs `baseline.py` on the same messages and phrases; it answers in JSON.
fn baselines(python: &Path, folder: &Path, messages: &[(String, bool)], phrases: &[String]) -> Result<Baseline, Failure> {
    let input = folder.join("baseline.json");
    std::fs::write(&input, serde_json::json!({ "messages": messages, "phrases": phrases }).to_string())?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.py");
    let ran = Command::new(python).arg(script).arg(&input).env("OMP_NUM_THREADS", "1").output()?;
    if !ran.status.success() {
        return Err(format!("the baselines failed:\n{}", String::from_utf8_lossy(&ran.stderr)).into());
    }
    let said: serde_json::Value = serde_json::from_slice(&ran.stdout)?;
    let number = |name: &str| said[name].as_f64().ok_or_else(|| format!("the baselines did not say `{name}`"));
    Ok(Baseline {
        keywords: number("keywords_s")?,
        scan: number("scan_s")?,
        model: number("model_s")?,
        model_messages: number("model_messages")?,
    })
}
