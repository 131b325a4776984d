//! A message as what is compared: plain lower-case words, each with the bytes of the original it came from.
//!
//! The text is padded with spaces (` got a knife `), so a phrase padded the same way matches whole words only.
//! Disguises are undone in *forms*: the ordinary one always, the others only for a text that shows the disguise,
//! so that an honest text costs one pass and a disguised one at most four.

use bluelamp_domain::triage::Span;

use crate::alphabet::{is_apostrophe, is_invisible, is_splitter, leet, plain};
use crate::emoji;
use crate::lexicon::Lexicon;

/// How far a text is undressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Form {
    /// Split words are joined (`k i l l`, `k.i.l.l`, `ki-ll`) and digits read as letters (`k1ll`).
    pub squeezed: bool,
    /// Runs of three or more of a letter become one; otherwise two (`heeelp`, `killlll`).
    pub single: bool,
}

/// One word of the folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it starts and ends in the folded text.
    pub start: usize,
    pub end: usize,
    /// The bytes of the original it came from.
    pub span: Span,
    /// Counts up at every comma, conjunction and end of sentence.
    pub clause: u32,
    /// Counts up at every end of sentence.
    pub sentence: u32,
    /// It stands between quotation marks that close.
    pub quoted: bool,
    /// A word of a language: not a number, link, handle or picture.
    pub plain: bool,
}

/// A folded text and its way back.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    text: String,
    words: Vec<Word>,
    splits: bool,
    runs: bool,
}

/// A word that starts a new thought: what was denied before it is not denied after it.
const TURNS: [&str; 16] =
    ["but", "however", "and", "because", "so", "then", "now", "plus", "although", "tho", "still", "yet", "just", "ond", "achos", "nawr"];

impl Folded {
    /// Folds `text` in one form.
    pub fn new(text: &str, form: Form, lexicon: &Lexicon) -> Self {
        let mut reader = Reader::new(text, form);
        reader.read();
        reader.finish(lexicon)
    }

    /// Every form that shows something the others hide, the ordinary one first.
    pub fn forms(text: &str, lexicon: &Lexicon) -> Vec<Self> {
        let first = Self::new(text, Form::default(), lexicon);
        let (splits, runs) = (first.splits, first.runs);
        let mut all = vec![first];
        let mut add = |squeezed, single| all.push(Self::new(text, Form { squeezed, single }, lexicon));
        if runs {
            add(false, true);
        }
        if splits {
            add(true, false);
        }
        if splits && runs {
            add(true, true);
        }
        all
    }

    /// The padded text: a space, then each word followed by a space.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its words, in order.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// What `word` reads as.
    pub fn word(&self, word: &Word) -> &str {
        &self.text[word.start..word.end]
    }

    /// The number of the word that starts at byte `at` of the folded text.
    pub(crate) fn word_at(&self, at: usize) -> Option<usize> {
        self.words.binary_search_by_key(&at, |w| w.start).ok()
    }

    /// The bytes of the original from word `first` to word `last`.
    pub(crate) fn span(&self, first: usize, last: usize) -> Span {
        Span { start: self.words[first].span.start, end: self.words[last].span.end }
    }
}

/// A word being read, before its spelling is looked up.
#[derive(Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    span: Span,
    clause: u32,
    sentence: u32,
    quoted: bool,
    plain: bool,
    /// Separators between it and the one before.
    gap: u32,
    /// One letter.
    lone: bool,
}

struct Reader<'t> {
    source: &'t str,
    form: Form,
    letters: String,
    tokens: Vec<Token>,
    open: Option<Token>,
    gap: u32,
    clause: u32,
    sentence: u32,
    /// The first token after an opening double or single quotation mark.
    double: Option<usize>,
    single: Option<usize>,
    /// The last letter of the open word, and how often it stands there in a row.
    last: Option<char>,
    run: u32,
    splits: bool,
    runs: bool,
}

impl<'t> Reader<'t> {
    fn new(source: &'t str, form: Form) -> Self {
        Self {
            source,
            form,
            letters: String::with_capacity(source.len() + 8),
            tokens: Vec::with_capacity(source.len() / 5 + 1),
            open: None,
            gap: 0,
            clause: 0,
            sentence: 0,
            double: None,
            single: None,
            last: None,
            run: 0,
            splits: false,
            runs: false,
        }
    }

    fn read(&mut self) {
        let mut at = 0;
        while let Some(c) = self.source[at..].chars().next() {
            let end = at + c.len_utf8();
            if let Some(past) = self.link(at, c) {
                at = past;
                continue;
            }
            self.character(c, at, end);
            at = end;
        }
        self.close();
    }

    /// A link is one word, `url`: its letters are nobody's words. Returns where it ends.
    fn link(&mut self, at: usize, c: char) -> Option<usize> {
        if self.open.is_some() || !matches!(c, 'h' | 'H' | 'w' | 'W') {
            return None;
        }
        let bytes = self.source.as_bytes();
        let starts = |with: &str| bytes.get(at..at + with.len()).is_some_and(|b| b.eq_ignore_ascii_case(with.as_bytes()));
        if !(starts("https://") || starts("http://") || starts("www.")) {
            return None;
        }
        let rest = &self.source[at..];
        let end = at + rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.whole("url", at, end);
        Some(end)
    }

    /// A word that is not spelled in letters.
    fn whole(&mut self, word: &str, at: usize, end: usize) {
        self.close();
        self.start(at);
        if let Some(t) = &mut self.open {
            t.plain = false;
            t.span.end = end;
        }
        self.letters.push_str(word);
        self.close();
    }

    fn character(&mut self, c: char, at: usize, end: usize) {
        if c.is_ascii_alphanumeric() {
            return self.letter(c, at, end);
        }
        if is_apostrophe(c) {
            return self.apostrophe(at, end);
        }
        if is_invisible(c) || emoji::is_tone(c) {
            return self.stretch(end);
        }
        if c.is_ascii() {
            return self.sign(c, at, end);
        }
        if let Some(word) = emoji::word(c) {
            self.whole(word, at, end);
            self.whole(emoji::MARK, at, end);
            return;
        }
        let mut said = false;
        let mut gap = false;
        let mut mark = c;
        plain(c, |p| {
            said = true;
            if p.is_alphanumeric() {
                if gap {
                    self.close();
                }
                gap = false;
                self.letter(p, at, end);
            } else {
                gap = true;
                mark = p;
            }
        });
        if !said {
            self.stretch(end);
        } else if gap {
            self.sign(mark, at, end);
        }
    }

    /// A mark that shows nothing belongs to the word it stands in.
    fn stretch(&mut self, end: usize) {
        if let Some(t) = &mut self.open {
            t.span.end = end;
        }
    }

    fn start(&mut self, at: usize) {
        if self.open.is_none() {
            let handle = self.source[..at].ends_with('@');
            self.open = Some(Token {
                start: self.letters.len(),
                end: self.letters.len(),
                span: Span { start: at, end: at },
                clause: self.clause,
                sentence: self.sentence,
                quoted: false,
                plain: !handle,
                gap: std::mem::take(&mut self.gap),
                lone: false,
            });
            self.last = None;
        }
    }

    fn letter(&mut self, c: char, at: usize, end: usize) {
        self.start(at);
        let c = c.to_ascii_lowercase();
        let c = if c.is_ascii_digit() && self.is_leet(c, end) {
            self.splits = true;
            if self.form.squeezed { leet(c).unwrap_or(c) } else { c }
        } else {
            c
        };
        self.push(c);
        if let Some(t) = &mut self.open {
            t.span.end = end;
            t.lone = self.letters.len() - t.start == 1 && c.is_alphabetic();
        }
    }

    fn push(&mut self, c: char) {
        self.run = if c.is_alphabetic() && self.last == Some(c) { self.run + 1 } else { 1 };
        self.last = Some(c);
        if self.run < 3 {
            return self.letters.push(c);
        }
        self.runs = true;
        if self.run == 3 && self.form.single {
            self.letters.pop();
        }
    }

    /// Whether the digit or sign `c`, which ends at `end`, stands in for a letter where it is.
    fn is_leet(&self, c: char, end: usize) -> bool {
        if leet(c).is_none() {
            return false;
        }
        let mut after = self.source[end..].chars();
        let (next, second) = (after.next(), after.next());
        let letter = |x: Option<char>| x.is_some_and(char::is_alphabetic);
        let begun = self.open.is_some_and(|t| t.start < self.letters.len());
        if begun {
            let inside = self.letters.ends_with(char::is_alphabetic);
            inside && (letter(next) || (c != '!' && next.is_some_and(|n| n != '!' && leet(n).is_some())))
        } else {
            letter(next) && letter(second)
        }
    }

    fn apostrophe(&mut self, at: usize, end: usize) {
        let next = self.source[end..].chars().next();
        let opens = next.is_some_and(char::is_alphanumeric);
        if self.open.is_some() {
            if opens {
                return self.stretch(end);
            }
            self.close();
            self.gap += 1;
            self.quote_ends(false);
        } else if opens && !self.source[..at].ends_with(char::is_alphanumeric) {
            self.single = Some(self.tokens.len());
            self.gap += 1;
        }
    }

    fn sign(&mut self, c: char, at: usize, end: usize) {
        let next = self.source[end..].chars().next();
        let inside = self.open.is_some() && next.is_some_and(char::is_alphanumeric);
        if matches!(c, '@' | '$' | '!' | '|' | '+') && !(c == '@' && self.open.is_none()) && self.is_leet(c, end) {
            self.splits = true;
            if self.form.squeezed {
                return self.letter_for(c, at, end);
            }
        } else if inside && is_splitter(c) && self.letters.ends_with(char::is_alphabetic) && next.is_some_and(char::is_alphabetic) {
            self.splits = true;
            if self.form.squeezed {
                return self.stretch(end);
            }
        }
        self.close();
        self.gap += 1;
        match c {
            '.' | '!' | '?' | '…' | '。' | '؟' if !inside && next.is_none_or(|n| !n.is_alphanumeric()) => {
                self.sentence += 1;
                self.clause += 1;
            }
            '\n' | '\r' => {
                self.sentence += 1;
                self.clause += 1;
            }
            ',' | ';' | ':' | '—' | '–' | '(' | ')' => self.clause += 1,
            '"' | '“' | '”' | '«' | '»' | '„' | '＂' => {
                let opens = !self.quote_ends(true);
                self.double = opens.then_some(self.tokens.len());
            }
            _ => {}
        }
    }

    fn letter_for(&mut self, c: char, at: usize, end: usize) {
        self.start(at);
        self.push(leet(c).unwrap_or(c));
        self.stretch(end);
    }

    /// Marks what stands between the opening quotation mark and here. False where none was open.
    fn quote_ends(&mut self, double: bool) -> bool {
        let opened = if double { self.double.take() } else { self.single.take() };
        if let Some(first) = opened {
            self.tokens[first..].iter_mut().for_each(|t| t.quoted = true);
        }
        opened.is_some()
    }

    fn close(&mut self) {
        if let Some(mut t) = self.open.take() {
            t.end = self.letters.len();
            if t.end > t.start {
                let tail = &self.tokens[self.tokens.len().saturating_sub(2)..];
                if t.lone && t.gap == 1 && tail.len() == 2 && tail.iter().all(|p| p.lone) && tail[1].gap == 1 {
                    self.splits = true;
                }
                self.tokens.push(t);
            }
        }
    }

    /// Looks up each spelling and writes the padded text.
    fn finish(self, lexicon: &Lexicon) -> Folded {
        let mut text = String::with_capacity(self.letters.len() + self.tokens.len() + 1);
        text.push(' ');
        let mut words = Vec::with_capacity(self.tokens.len());
        let mut turns = 0;
        let mut at = 0;
        let mut joined = String::new();
        while let Some(&token) = self.tokens.get(at) {
            let mut many = if self.form.squeezed { lone_run(&self.tokens[at..]) } else { 1 };
            joined.clear();
            self.tokens[at..at + many].iter().for_each(|t| joined.push_str(&self.letters[t.start..t.end]));
            // `a k n i f e`: the first letter may be a word of its own.
            if many > 3 && joined.starts_with(['a', 'i']) && !lexicon.knows(&joined) && lexicon.knows(&joined[1..]) {
                many = 1;
                joined.truncate(1);
            }
            let run = &self.tokens[at..at + many];
            at += many;
            let spelling = joined.as_str();
            let span = Span { start: token.span.start, end: run.last().map_or(token.span.end, |t| t.span.end) };
            let full;
            let read = if drops_its_g(spelling) {
                full = format!("{spelling}g");
                lexicon.read(&full)
            } else {
                lexicon.read(spelling)
            };
            for part in read.split(' ') {
                turns += u32::from(TURNS.contains(&part));
                let start = text.len();
                text.push_str(part);
                words.push(Word {
                    start,
                    end: text.len(),
                    span,
                    clause: token.clause + turns,
                    sentence: token.sentence,
                    quoted: token.quoted,
                    plain: token.plain && part.starts_with(char::is_alphabetic),
                });
                text.push(' ');
            }
        }
        Folded { text, words, splits: self.splits, runs: self.runs }
    }
}

/// `smashin`, `robbin`: an -ing without its g. Phrases are folded by the same rule, so a wrong guess
/// (`cousin`) costs nothing.
fn drops_its_g(word: &str) -> bool {
    word.len() >= 6 && word.ends_with("in") && word.is_ascii()
}

/// How many of the first tokens are single letters one separator apart: three or more are a word spelled out.
fn lone_run(tokens: &[Token]) -> usize {
    let run = tokens.iter().enumerate().take_while(|(i, t)| t.lone && (*i == 0 || t.gap == 1)).count();
    if run >= 3 { run } else { 1 }
}
