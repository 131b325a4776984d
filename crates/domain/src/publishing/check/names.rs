//! Does a text name a person? A rule of shape with a short list of given names; it cannot know, so it points and asks.
//!
//! A capitalised pair counts when its first word is a given name, when a title or a word of arrest and search stands
//! before it, or when an age follows. Officers named with their rank are the force speaking of itself and do not count.

use super::Found;
use super::tokens::Token;

const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "mx", "dr", "sir", "dame", "lord", "lady", "rev", "reverend", "father", "councillor", "cllr", "professor", "prof"];
const RANKS: &[&str] = &[
    "pc", "wpc", "dc", "sgt", "sergeant", "inspector", "insp", "superintendent", "supt", "constable", "commissioner", "detective", "pcso", "officer", "chief", "ds", "di", "dci", "spokesperson",
];
/// Words after which a capitalised pair is most likely somebody.
const CUES: &[&str] = &[
    "named", "called", "name", "is", "identified", "arrested", "charged", "suspect", "victim", "missing", "wanted", "find", "locate", "seen", "convicted", "jailed", "sentenced", "defendant", "witness",
    "alias", "as", "man", "woman", "boy", "girl", "son", "daughter", "husband", "wife", "by", "murderer", "killer",
];
/// Capitalised words that open or close no name.
const NOT_NAMES: &[&str] = &[
    "the", "a", "an", "and", "or", "of", "in", "on", "at", "to", "for", "with", "from", "our", "your", "we", "you", "they", "he", "she", "it", "this", "that", "these", "those", "please", "call", "if", "have",
    "has", "anyone", "officers", "police", "contact", "road", "street", "avenue", "lane", "close", "drive", "way", "hill", "park", "station", "square", "place", "court", "crescent", "grove", "terrace",
    "gardens", "green", "house", "school", "college", "academy", "university", "hospital", "church", "city", "town", "village", "council", "county", "north", "south", "east", "west", "northern", "southern",
    "eastern", "western", "central", "upper", "lower", "great", "little", "new", "old", "centre", "bridge", "market", "motorway", "junction", "airport", "service", "services", "unit", "team",
    "department", "operation", "crimestoppers", "facebook", "instagram", "twitter", "bluesky", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february",
    "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "christmas", "easter", "halloween", "bonfire", "night", "day", "year", "week", "crown", "magistrates", "magistrates'",
    "act", "england", "wales", "scotland", "britain", "united", "kingdom", "english", "welsh", "british", "fire", "rescue", "ambulance", "neighbourhood", "watch", "festival", "fc", "united", "rovers", "football", "club",
    "stadium", "arena", "theatre", "library", "mosque", "temple", "cathedral", "river", "canal", "lake", "wood", "woods", "forest", "farm", "estate", "island", "harbour", "beach", "memorial", "cup", "league",
];

/// Common given names of people in England and Wales, of many origins; enough to point, never a register of anybody.
const GIVEN: &[&str] = &[
    "aaron", "abdul", "abigail", "adam", "adrian", "ahmed", "aisha", "alan", "alex", "alexander", "alexandra", "alfie", "ali", "alice", "alison", "amanda", "amelia", "amina", "amir", "amy", "andrea", "andrew",
    "angela", "anita", "ann", "anna", "anne", "anthony", "archie", "arthur", "asha", "ashley", "barbara", "ben", "benjamin", "beth", "bethany", "brian", "bronwen", "callum", "carl", "carol", "caroline", "carys",
    "catherine", "charles", "charlie", "charlotte", "chloe", "chris", "christine", "christopher", "claire", "colin", "craig", "daisy", "daniel", "darren", "david", "dawn", "dean", "deborah", "deepak", "denise",
    "diane", "donna", "dylan", "edward", "elaine", "eleri", "elizabeth", "ella", "ellie", "emily", "emma", "eric", "ethan", "eva", "evan", "evie", "faith", "fatima", "fiona", "florence", "frances", "frank", "freddie", "freya",
    "gareth", "gary", "gavin", "gemma", "geoffrey", "george", "georgia", "gillian", "glenn", "grace", "graham", "gurpreet", "gwen", "hannah", "harpreet", "harriet", "harry", "hassan", "hayley", "heather", "helen",
    "henry", "holly", "hugh", "hussain", "ian", "ibrahim", "imran", "isaac", "isabella", "isla", "jack", "jacob", "jacqueline", "jade", "jake", "james", "jamie", "jane", "janet", "jasmine", "jason", "jean", "jennifer",
    "jeremy", "jess", "jessica", "joan", "joanna", "joanne", "joe", "joel", "john", "jonathan", "jordan", "joseph", "josh", "joshua", "joyce", "judith", "julia", "julie", "karen", "kate", "katherine", "kathleen",
    "katie", "keith", "kelly", "ken", "kenneth", "kerry", "kevin", "khalid", "kim", "kirsty", "kyle", "laura", "lauren", "lee", "leo", "leon", "lewis", "liam", "lily", "linda", "lisa", "lola", "louis", "louise", "lucas",
    "lucy", "luke", "lynn", "malcolm", "manjit", "margaret", "maria", "marie", "mark", "martin", "mary", "mason", "matthew", "maureen", "megan", "mehmet", "melanie", "mia", "michael", "michelle", "mohammad", "mohammed",
    "molly", "muhammad", "nadia", "naomi", "natalie", "natasha", "nathan", "neil", "nicholas", "nicola", "nigel", "noah", "nicole", "oliver", "olivia", "omar", "oscar", "owen", "pamela", "patricia", "patrick", "paul", "paula", "pauline",
    "peter", "philip", "phoebe", "poppy", "priya", "rachel", "rahul", "raj", "ravi", "raymond", "rebecca", "reece", "rhys", "richard", "robert", "robin", "roger", "ronald", "rosie", "ross", "roy", "ruby", "russell", "ruth", "ryan",
    "sally", "sam", "samantha", "samuel", "sandra", "sanjay", "sara", "sarah", "scott", "sean", "sharon", "sheila", "shane", "shannon", "simon", "sophia", "sophie", "stacey", "stephanie", "stephen", "steven", "stuart",
    "sunita", "susan", "suzanne", "sylvia", "tara", "terence", "teresa", "theo", "thomas", "tim", "timothy", "toby", "tom", "tony", "tracey", "tyler", "valerie", "vanessa", "victor", "victoria", "vijay", "vincent", "wayne",
    "wendy", "william", "yasmin", "yusuf", "zachary", "zainab", "zara", "zoe",
];

pub(super) fn find(text: &str, tokens: &[Token<'_>], found: &mut Vec<Found>) {
    let mut i = 0;
    while i < tokens.len() {
        let run = run_at(tokens, i);
        let name = if run == 0 { None } else { name_in(text, tokens, i, run) };
        if let Some((from, to)) = name {
            found.push(Found::sign(
                "names-person",
                tokens[from].from,
                tokens[to].to,
                "Reads as someone's name.",
                "Leave it out unless there is a policing purpose and they may be named.",
            ));
        }
        i += run.max(1);
    }
}

/// How many capitalised words stand side by side here.
fn run_at(tokens: &[Token<'_>], i: usize) -> usize {
    let fits = |t: &Token<'_>| !t.in_code && t.is_capitalised();
    tokens[i..].iter().enumerate().take_while(|(n, t)| fits(t) && (*n == 0 || t.joined)).count()
}

/// The name within a run of capitalised words, as first and last place.
fn name_in(text: &str, tokens: &[Token<'_>], start: usize, run: usize) -> Option<(usize, usize)> {
    let words: Vec<String> = tokens[start..start + run].iter().map(Token::folded).collect();
    let is = |list: &[&str], word: &str| list.contains(&word);
    let after_rank = start > 0 && tokens[start].joined && is(RANKS, &tokens[start - 1].folded());
    if after_rank || words.iter().any(|w| is(RANKS, w)) {
        return None;
    }
    // "Mr Marsh": a title makes one word a name.
    let full_stop = |n: usize| n > 0 && text[tokens[n - 1].to..tokens[n].from].trim() == "." && is(TITLES, &tokens[n - 1].folded());
    if full_stop(start) && !is(NOT_NAMES, &words[0]) {
        return Some((start - 1, start + run - 1));
    }
    if let Some(n) = words.iter().position(|w| is(TITLES, w)) {
        return (n + 1 < run && !is(NOT_NAMES, &words[n + 1])).then_some((start + n, start + run - 1));
    }
    let real: Vec<usize> = (0..run).filter(|n| !is(NOT_NAMES, &words[*n])).collect();
    for pair in real.windows(2).filter(|p| p[1] == p[0] + 1) {
        let n = pair[0];
        let followed_by_place = words.get(n + 2).is_some_and(|w| is(NOT_NAMES, w));
        let cue = start + n > 0 && !tokens[start + n].first && is(CUES, &tokens[start + n - 1].folded());
        let aged = age_follows(text, tokens[start + n + 1].to);
        if (is(GIVEN, &words[n]) && !followed_by_place) || ((cue || aged) && !followed_by_place) {
            let last = real.iter().rev().find(|m| **m > n).copied().unwrap_or(n + 1);
            return Some((start + n, start + last));
        }
    }
    None
}

/// ", 34", " (34)", ", aged 34".
fn age_follows(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start_matches([' ', ',', '(']);
    let rest = rest.strip_prefix("aged ").unwrap_or(rest);
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let gap = text[at..].starts_with([',', ' ']);
    gap && (1..=2).contains(&digits) && !rest[digits..].starts_with(|c: char| c.is_alphanumeric() || c == ':' || c == '.')
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        find(text, &tokens(text), &mut found);
        found.iter().filter_map(|f| f.span).map(|s| &text[s.from..s.to]).collect()
    }

    #[test]
    fn people_are_seen() {
        for (text, name) in [
            ("We want to speak to Jane Marsh about it", "Jane Marsh"),
            ("Jane Marsh was last seen in the park", "Jane Marsh"),
            ("arrested Tobiah Quillfeather in Northfield", "Tobiah Quillfeather"),
            ("Tobiah Quillfeather, 34, of Northfield", "Tobiah Quillfeather"),
            ("speak to Mr Marsh", "Mr Marsh"),
            ("speak to Mr. Marsh", "Mr. Marsh"),
            ("thanks to Mohammed Al-Quill for his help", "Mohammed Al-Quill"),
            ("Zainab O\u{2019}Quill has been found", "Zainab O\u{2019}Quill"),
        ] {
            assert_eq!(names(text), [name], "{text}");
        }
    }

    #[test]
    fn places_days_and_officers_are_not() {
        for text in [
            "Market Street is closed in Northfield Town Centre",
            "On Saturday November we open",
            "PC Jane Marsh visited Northfield Primary",
            "Chief Inspector Jane Marsh said",
            "Please call Crimestoppers on 0800 555 111",
            "Victoria Park is open; James Street is not",
            "Join us at Leicester City Football Club",
            "Follow @JaneMarsh or https://example.org/Jane/Marsh",
            "JANE MARSH",
            "Road closed at Kings Cross",
        ] {
            assert!(names(text).is_empty(), "{text}: {:?}", names(text));
        }
    }
}
