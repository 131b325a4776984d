//! Chores of the repository that are not the product: run as `cargo run -p xtask -- COMMAND`.
//! Kept to the standard library and two small crates, so that a fresh checkout builds it in seconds.

mod assets;

use std::process::ExitCode;

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let outcome = match command.as_str() {
        "assets" => assets::build(&assets::repository()),
        _ => Err("say which chore to run: `cargo run -p xtask -- assets` builds assets/dist".into()),
    };
    match outcome {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
