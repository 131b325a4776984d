//! What one character counts as once its disguise is off: a letter, a gap, a mark or nothing.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use unicode_security::confusable_detection::skeleton;

/// Characters that show nothing: joiners, direction marks, selectors, tags, controls. They split no word.
pub(crate) fn is_invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

/// Calls `out` with each plain character that a non-ASCII `c` stands for: compatibility forms undone (NFKD),
/// accents dropped, case folded, look-alikes of Latin letters read as those letters.
pub(crate) fn plain(c: char, mut out: impl FnMut(char)) {
    if let Some(letter) = boxed_letter(c) {
        return out(letter);
    }
    decompose_compatible(c, |d| {
        if d.is_ascii() {
            out(d);
        } else if !is_combining_mark(d) && !is_invisible(d) {
            if let Some(latin) = look_alike(d) {
                out(latin);
            } else {
                d.to_lowercase().filter(|l| !is_combining_mark(*l)).for_each(&mut out);
            }
        }
    });
}

/// Regional indicators and squared letters, which compatibility forms leave alone.
fn boxed_letter(c: char) -> Option<char> {
    let first = match c {
        '\u{1f1e6}'..='\u{1f1ff}' => 0x1f1e6,
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        _ => return None,
    };
    u8::try_from(c as u32 - first).ok().map(|n| char::from(b'a' + n))
}

/// The ASCII letter that `c` is drawn like, if one. The small form first: a capital I is drawn like a small L.
/// Its capital last: people who disguise words pick letters that match in either case.
fn look_alike(c: char) -> Option<char> {
    if !c.is_alphabetic() {
        return None;
    }
    let small = c.to_lowercase().next().unwrap_or(c);
    let capital = c.to_uppercase().next().unwrap_or(c);
    [small, c, capital].into_iter().find_map(|form| {
        let mut buffer = [0u8; 4];
        let mut drawn = skeleton(form.encode_utf8(&mut buffer));
        match (drawn.next(), drawn.next()) {
            (Some(one), None) if one.is_ascii_alphabetic() => Some(one.to_ascii_lowercase()),
            _ => None,
        }
    })
}

/// The letter a digit or sign is used for in disguised words.
pub(crate) const fn leet(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        _ => return None,
    })
}

/// Whether `c` may be put inside a word to break it up.
pub(crate) const fn is_splitter(c: char) -> bool {
    matches!(c, '.' | '-' | '_' | '*' | '~' | '·' | '•' | '‐' | '‑' | '^' | ',')
}

/// Apostrophes in all their drawings: inside a word they are nothing.
pub(crate) const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | '＇')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let mut s = String::new();
        text.chars().for_each(|c| plain(c, |p| s.push(p)));
        s.to_lowercase()
    }

    #[test]
    fn disguised_letters_read_as_plain_ones() {
        assert_eq!(read("ｋｉｌｌ"), "kill");
        assert_eq!(read("𝓀𝒾𝓁𝓁"), "kill");
        assert_eq!(read("кnіfе"), "knife");
        assert_eq!(read("🇰🇮🇱🇱"), "kill");
        assert_eq!(read("ŷŵé"), "ywe");
    }

    #[test]
    fn every_character_can_be_read() {
        for c in '\u{80}'..=char::MAX {
            plain(c, |p| assert!(!is_invisible(p) || p.is_ascii(), "{c:?} gives {p:?}"));
        }
    }
}
