//! Bluelamp: the social media management platform in which the policy runs.
//!
//! The library holds everything; this file only hands over to the command line.

fn main() -> std::process::ExitCode {
    bluelamp::cli::main()
}
