//! Tokens for programs: named, for chosen acts, for a time.

use super::credential::label;
use crate::act::Refusal;

/// The longest a token may stand.
pub const LONGEST_DAYS: i64 = 366;

/// A token as asked for, made fit to store; `known` are the acts there are for programs.
pub fn check(name: &str, acts: &[String], days: i64, known: &dyn Fn(&str) -> bool) -> Result<String, Refusal> {
    let name = label(name)?;
    if acts.is_empty() {
        return Err(Refusal::new("acts", "choose at least one thing that the program may do"));
    }
    if let Some(odd) = acts.iter().find(|a| !known(a)) {
        return Err(Refusal::new("acts", format!("`{odd}` is nothing that a program can do; the API's document lists what there is")));
    }
    if !(1..=LONGEST_DAYS).contains(&days) {
        return Err(Refusal::new("days", format!("a token stands for 1 to {LONGEST_DAYS} days")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_what_it_is_for_and_ends() {
        let known = |a: &str| a == "desk.note";
        let acts = vec!["desk.note".to_owned()];
        assert_eq!(check(" Roster ", &acts, 30, &known), Ok("Roster".to_owned()));
        for (name, acts, days, code) in [
            ("", acts.clone(), 30, "name"),
            ("Roster", vec![], 30, "acts"),
            ("Roster", vec!["desk.unknown".into()], 30, "acts"),
            ("Roster", acts.clone(), 0, "days"),
            ("Roster", acts.clone(), 367, "days"),
        ] {
            assert_eq!(check(name, &acts, days, &known).unwrap_err().code, code);
        }
    }
}
