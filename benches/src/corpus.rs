//! Invented messages and phrases, the same in every run: what the rehearsal's public says, with its blanks filled and
//! sentences joined, so that lengths and words are those of a desk's day.

const SAYINGS: &str = include_str!("../../crates/platforms/src/rehearsal/server/sayings.txt");

/// Numbers that look random and are not.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    pub fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below.max(1)
    }
}

fn sentences() -> Vec<(String, bool)> {
    let mut urgent = false;
    let mut out = Vec::new();
    for line in SAYINGS.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[') {
            urgent = head.contains("urgent");
        } else if !line.is_empty() && !line.starts_with('#') {
            out.push((fill(line), urgent));
        }
    }
    out
}

/// `{road}` becomes a word: which one does not matter, that it is there does.
fn fill(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((slot, then)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(match slot {
            "road" => "Tanyard Lane",
            "town" => "Marlbrook",
            "n" => "three",
            other => other,
        });
        rest = then;
    }
    out.push_str(rest);
    out
}

/// `n` messages and whether each holds something urgent: one to four sentences.
pub fn messages(n: usize) -> Vec<(String, bool)> {
    let (all, mut dice) = (sentences(), Dice::new(2026));
    (0..n)
        .map(|_| {
            let (mut text, mut urgent) = (String::new(), false);
            for _ in 0..=dice.roll(4) {
                let (sentence, grave) = &all[dice.roll(all.len())];
                if !text.is_empty() {
                    text.push_str(". ");
                }
                text.push_str(sentence);
                urgent |= *grave;
            }
            (text, urgent)
        })
        .collect()
}

/// `n` different phrases of two or three words, half of them from the messages themselves so that there is something to
/// find.
pub fn phrases(n: usize) -> Vec<String> {
    let (all, mut dice) = (sentences(), Dice::new(7));
    let words: Vec<String> = all.iter().flat_map(|(s, _)| words_of(s)).collect();
    let mut out = std::collections::BTreeSet::new();
    while out.len() < n {
        let long = 2 + dice.roll(2);
        let phrase = if dice.roll(2) == 0 {
            let at = dice.roll(words.len() - long);
            words[at..at + long].join(" ")
        } else {
            (0..long).map(|_| words[dice.roll(words.len())].clone()).collect::<Vec<_>>().join(" ")
        };
        out.insert(phrase);
    }
    out.into_iter().collect()
}

fn words_of(text: &str) -> Vec<String> {
    text.to_lowercase().split(|c: char| !c.is_ascii_lowercase()).filter(|w| w.len() > 2).map(str::to_owned).collect()
}
