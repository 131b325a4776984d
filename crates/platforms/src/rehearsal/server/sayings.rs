//! What people say: sections of lines in `sayings.txt`, with slots that are filled by places and things that do not
//! exist.

use super::super::wire::Where;
use super::dice::Dice;

/// Lines of one sort.
#[derive(Debug)]
pub struct Section {
    #[cfg_attr(not(test), expect(dead_code, reason = "says in a failing test which section is meant"))]
    pub name: String,
    pub kinds: Vec<Where>,
    pub weight: usize,
    pub urgent: bool,
    /// Said only after the account has answered.
    pub follow_up: bool,
    /// May come with a picture.
    pub pictured: bool,
    /// Other than English.
    pub language: Option<String>,
    pub lines: Vec<String>,
}

const SLOTS: &[(&str, &[&str])] = &[
    (
        "place",
        &[
            "the Larkspur estate",
            "Tarrowby rec",
            "the back of the precinct",
            "Quillpen Lane shops",
            "the old mill car park",
            "Fennwick bus station",
            "the canal path",
            "the skate park",
            "Ostlebury market square",
            "the footbridge",
        ],
    ),
    (
        "road",
        &[
            "Larkspur Road",
            "Quillpen Lane",
            "Mallowfield Way",
            "the Ostlebury ring road",
            "Thimble Street",
            "Drovers Hill",
            "the B0999",
            "Candlemaker Row",
            "Fennwick High Street",
            "Sparrow Close",
        ],
    ),
    ("town", &["Ostlebury", "Tarrowby", "Fennwick", "Larkspur", "Upper Mallow", "Quillhampton"]),
    ("shop", &["the chippy", "the corner shop", "the big garage", "the barbers", "the chemist", "the garden centre"]),
    ("relative", &["mum", "dad", "nan", "sister", "brother", "neighbour", "lad", "daughter"]),
    ("when", &["last night", "this morning", "on Saturday", "yesterday teatime", "about 3am", "on Tuesday", "at the weekend"]),
    ("time", &["10 past 8", "half 6", "about 4", "quarter to 11", "7ish", "midnight"]),
    ("vehicle", &["white van", "quad bike", "silver hatchback", "moped", "black saloon", "blue pickup", "pushbike"]),
    ("colour", &["red", "green", "grey", "yellow", "purple", "navy"]),
    ("n", &["2", "3", "4", "6", "9", "12", "20"]),
    ("ref", &["EX-0412", "EX-0977", "EX-1003", "EX-0026"]),
    ("collar", &["PC 0000", "PCSO 0001", "Sgt 0002", "the officer on the front desk"]),
    ("phone", &["01632 960018", "01632 960777", "07700 900123", "07700 900461"]),
    ("email", &["sample@example.org", "lynne.sample@example.com", "asker@example.net"]),
    ("pet", &["a ginger cat", "a brown spaniel", "a tortoise", "a grey parrot", "two goats"]),
    (
        "item",
        &["a set of keys", "a black rucksack", "a child's coat", "a phone with a cracked screen", "a wedding ring", "a walking stick"],
    ),
    ("year", &["2023", "2024", "2025"]),
];

/// Every section of the text. The file is part of the program, so what is wrong in it is a bug that a test finds.
pub fn all() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in include_str!("sayings.txt").lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        match (line.strip_prefix('['), sections.last_mut()) {
            (Some(head), _) => sections.push(section(head)),
            (None, Some(section)) => section.lines.push(line.to_owned()),
            (None, None) => panic!("sayings.txt begins with a section"),
        }
    }
    sections
}

/// `name] comment mention private weight=3 urgent follow-up pictured lang=cy`
fn section(head: &str) -> Section {
    let (name, marks) = head.split_once(']').expect("a section's name ends with a bracket");
    let mut section = Section {
        name: name.to_owned(),
        kinds: Vec::new(),
        weight: 1,
        urgent: false,
        follow_up: false,
        pictured: false,
        language: None,
        lines: Vec::new(),
    };
    for mark in marks.split_whitespace() {
        match mark.split_once('=') {
            Some(("weight", n)) => section.weight = n.parse().expect("a weight is a number"),
            Some(("lang", code)) => section.language = Some(code.to_owned()),
            _ => match mark {
                "comment" => section.kinds.push(Where::Comment),
                "mention" => section.kinds.push(Where::Mention),
                "private" => section.kinds.push(Where::Private),
                "urgent" => section.urgent = true,
                "follow-up" => section.follow_up = true,
                "pictured" => section.pictured = true,
                other => panic!("`{other}` is no mark of a section in sayings.txt"),
            },
        }
    }
    section
}

/// The line with its slots filled.
pub fn fill(line: &str, dice: &mut Dice) -> String {
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, left)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let choices = SLOTS.iter().find(|(slot, _)| *slot == name).map_or(&[][..], |(_, words)| words);
        out.push_str(dice.pick(choices).copied().unwrap_or(name));
        rest = left;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_at_least_220_distinct_lines_and_every_slot_is_known() {
        let sections = all();
        let lines: Vec<&String> = sections.iter().flat_map(|s| &s.lines).collect();
        let distinct: BTreeSet<String> = lines.iter().map(|l| l.to_lowercase()).collect();
        assert_eq!(lines.len(), distinct.len(), "a line stands twice");
        assert!(distinct.len() >= 220, "{} lines", distinct.len());
        for line in lines {
            for slot in line.split('{').skip(1) {
                let name = slot.split('}').next().unwrap_or_default();
                assert!(SLOTS.iter().any(|(s, _)| *s == name), "`{name}` in `{line}`");
            }
        }
    }

    #[test]
    fn every_section_can_be_said_somewhere_and_urgent_ones_everywhere() {
        for s in all() {
            assert!(!s.kinds.is_empty() && !s.lines.is_empty() && s.weight > 0, "{}", s.name);
        }
        for kind in [Where::Comment, Where::Mention, Where::Private] {
            assert!(all().iter().any(|s| s.urgent && s.kinds.contains(&kind)), "{kind:?}");
            assert!(all().iter().any(|s| !s.urgent && s.kinds.contains(&kind)), "{kind:?}");
        }
    }

    #[test]
    fn slots_are_filled() {
        let mut dice = Dice::of(1, 1);
        let text = fill("at {place} on {road}, {no such} {", &mut dice);
        assert!(!text.contains("{place}") && !text.contains("{road}"), "{text}");
    }
}
