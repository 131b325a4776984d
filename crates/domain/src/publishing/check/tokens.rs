//! Words with the bytes they stand at.

/// A run of letters and digits, with an apostrophe inside allowed (`O'Neill`, `don't`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    pub from: usize,
    pub to: usize,
    pub text: &'t str,
    /// Nothing but blanks, hyphens or an apostrophe between the word before and this one.
    pub joined: bool,
    /// First of its sentence, as far as punctuation tells.
    pub first: bool,
    /// Part of a link, a handle, a hashtag or an e-mail address.
    pub in_code: bool,
}

impl Token<'_> {
    /// `Jane`, not `JANE` and not `jane`.
    pub fn is_capitalised(&self) -> bool {
        let mut chars = self.text.chars();
        chars.next().is_some_and(char::is_uppercase)
            && self.text.chars().count() > 1
            && self.text.chars().any(char::is_lowercase)
            && self.text.chars().all(|c| c.is_alphabetic() || is_apostrophe(c))
    }

    pub fn is_upper(&self) -> bool {
        self.text.chars().filter(|c| c.is_alphabetic()).count() > 1 && self.text.chars().all(|c| !c.is_lowercase())
    }

    pub fn folded(&self) -> String {
        fold(self.text)
    }
}

/// How words are compared: lower case, with a straight apostrophe.
pub fn fold(word: &str) -> String {
    word.to_lowercase().replace('\u{2019}', "'")
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let codes = code_spans(text);
    let mut out: Vec<Token<'_>> = Vec::new();
    let mut start: Option<usize> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let inside = c.is_alphanumeric()
            || (is_apostrophe(c) && start.is_some() && next.is_some_and(char::is_alphanumeric))
            || is_mark(c) && start.is_some();
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                push(&mut out, text, from, at, &codes);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        push(&mut out, text, from, text.len(), &codes);
    }
    out
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe0f}')
}

fn push<'t>(out: &mut Vec<Token<'t>>, text: &'t str, from: usize, to: usize, codes: &[(usize, usize)]) {
    let between = out.last().map(|last| &text[last.to..from]);
    let joined =
        between.is_some_and(|b| b.chars().all(|c| matches!(c, ' ' | '-' | '\u{a0}' | '\u{2010}' | '\u{2011}') || is_apostrophe(c)));
    let first = between.is_none_or(|b| b.contains(['.', '!', '?', '\n', ':', '•', '"', '\u{201c}', '\u{2018}']));
    let in_code = codes.iter().any(|(a, b)| *a <= from && from < *b);
    out.push(Token { from, to, text: &text[from..to], joined, first, in_code });
}

/// Links, handles, hashtags and e-mail addresses: runs without blanks.
fn code_spans(text: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let bare = word.trim_start_matches(['(', '"', '\u{201c}', '\'', '[']);
        let from = at + word.len() - bare.len();
        let code =
            bare.starts_with(['@', '#']) || bare.contains("://") || bare.starts_with("www.") || (bare.contains('@') && bare.contains('.'));
        if code && !bare.is_empty() {
            out.push((from, at + word.len()));
        }
        at += piece.len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_where_they_stand() {
        let text = "Don't  call O\u{2019}Neill-Smith. See https://a.example/Jane @Jane_Marsh";
        let t = tokens(text);
        assert!(t.iter().all(|t| &text[t.from..t.to] == t.text));
        let words: Vec<&str> = t.iter().map(|t| t.text).collect();
        assert_eq!(&words[..5], ["Don't", "call", "O\u{2019}Neill", "Smith", "See"]);
        assert!(t[0].first && t[4].first && !t[1].first && t[3].joined && !t[4].joined);
        assert!(t.iter().filter(|t| t.text == "Jane").all(|t| t.in_code));
    }
}
