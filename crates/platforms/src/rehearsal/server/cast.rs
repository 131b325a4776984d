//! The people of the play. All invented: a first name from a list, never a surname, and handles made of places
//! that do not exist.

use super::super::wire::Person;
use super::dice::Dice;

/// How somebody types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Careful,
    /// No capitals, no apostrophes.
    Loose,
    /// Text speak.
    Short,
    Shouting,
}

#[derive(Debug, Clone)]
pub struct Character {
    pub person: Person,
    pub hand: Hand,
}

const NAMES: [&str; 36] = [
    "Lynne", "Dave", "Priya", "Kofi", "Maureen", "Tomasz", "Shaz", "Gareth", "Bev", "Imran", "Chloe", "Roy", "Anwen", "Femi", "Jackie",
    "Owen", "Sunita", "Craig", "Mo", "Trish", "Danuta", "Callum", "Hilary", "Jas", "Pauline", "Reece", "Noor", "Ken", "Steph", "Elsie",
    "Marcin", "Tash", "Vikram", "Doreen", "Liam", "Yaz",
];
const TAILS: [&str; 12] =
    ["ostle", "larkspur", "quillpen", "fennwick", "tarrowby", "baker", "gardens", "bikes", "mum", "fc", "ontheroad", "x"];

/// Sixty people, the same for the same seed.
pub fn cast(seed: u64) -> Vec<Character> {
    let mut dice = Dice::of(seed, 0xCA57);
    (0..60).map(|n| character(n, &mut dice)).collect()
}

fn character(n: usize, dice: &mut Dice) -> Character {
    let name = NAMES[dice.below(NAMES.len())];
    let tail = TAILS[dice.below(TAILS.len())];
    let low = name.to_lowercase();
    let handle = match dice.below(4) {
        0 => format!("{low}_{tail}{n}"),
        1 => format!("{tail}{low}{n}"),
        2 => format!("{low}{}", 100 + n),
        _ => format!("the_{tail}_{low}{n}"),
    };
    let shown = match dice.below(5) {
        0 => low,
        1 => format!("{name} 🌻"),
        2 => format!("{name} {}", char::from(b'A' + u8::try_from(dice.below(26)).expect("below 26"))),
        3 => format!("{name} from Ostlebury"),
        _ => name.to_owned(),
    };
    let hand = match dice.below(20) {
        0..8 => Hand::Careful,
        8..14 => Hand::Loose,
        14..19 => Hand::Short,
        _ => Hand::Shouting,
    };
    Character { person: Person { id: format!("u{n:03}"), handle, name: shown }, hand }
}

impl Hand {
    /// The line as this person would type it.
    pub fn write(self, line: &str) -> String {
        match self {
            Hand::Careful => line.to_owned(),
            Hand::Loose => loose(line),
            Hand::Short => line.split(' ').map(short).collect::<Vec<_>>().join(" "),
            Hand::Shouting => line.to_uppercase(),
        }
    }
}

fn loose(line: &str) -> String {
    line.to_lowercase().replace(['\'', '’'], "")
}

fn short(word: &str) -> String {
    let low = loose(word);
    let bare = low.trim_end_matches([',', '.', '?', '!']);
    let end = &low[bare.len()..];
    let new = match bare {
        "you" => "u",
        "your" => "ur",
        "youre" => "ur",
        "are" => "r",
        "please" => "plz",
        "thanks" => "thx",
        "because" => "cos",
        "tonight" => "tonite",
        "with" => "wiv",
        "what" => "wot",
        "people" => "ppl",
        "going" => "goin",
        "someone" => "sum1",
        "anyone" => "any1",
        "message" => "msg",
        "about" => "bout",
        "though" => "tho",
        "to" | "too" if !end.is_empty() => "2",
        other => other,
    };
    format!("{new}{end}")
}
