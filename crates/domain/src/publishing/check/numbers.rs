//! Postcodes, number plates, telephone numbers and e-mail addresses: what leads to one person or one door.
//!
//! Numbers that the public service itself publishes (101, 03 and 0800 numbers, `.police.uk` addresses) lead to nobody.

use super::Found;
use super::tokens::Token;

pub(super) fn find(text: &str, tokens: &[Token<'_>], found: &mut Vec<Found>) {
    for (i, token) in tokens.iter().enumerate().filter(|(_, t)| !t.in_code) {
        let pair = tokens.get(i + 1).filter(|n| n.joined && text[token.to..n.from] == *" ");
        if is_outward(token.text) && pair.is_some_and(|n| is_inward(n.text)) {
            let to = pair.map_or(token.to, |n| n.to);
            found.push(Found::sign(
                "postcode",
                token.from,
                to,
                "Reads as a full postcode, which can be one home.",
                "Name the street or the area instead.",
            ));
        } else if is_joined_postcode(token.text) {
            found.push(Found::sign(
                "postcode",
                token.from,
                token.to,
                "Reads as a full postcode, which can be one home.",
                "Name the street or the area instead.",
            ));
        } else if is_plate(token.text, "") {
            found.push(plate(token.from, token.to));
        } else if let Some(n) = pair.filter(|n| is_plate(token.text, n.text)) {
            found.push(plate(token.from, n.to));
        }
    }
    phones(text, found);
    emails(text, found);
}

fn plate(from: usize, to: usize) -> Found {
    Found::sign("plate", from, to, "Reads as a vehicle's number plate.", "Describe the vehicle instead.")
}

fn shape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'A'..='Z' => 'A',
            'a'..='z' => 'a',
            '0'..='9' => '9',
            _ => '?',
        })
        .collect()
}

/// `LE1`, `SW1A`. Capitals only for the short ones, which lower-case words resemble.
fn is_outward(text: &str) -> bool {
    matches!(shape(&text.to_uppercase()).as_str(), "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A")
}

fn is_inward(text: &str) -> bool {
    shape(&text.to_uppercase()) == "9AA"
}

fn is_joined_postcode(text: &str) -> bool {
    text.is_ascii()
        && text.len() >= 5
        && text.chars().any(|c| c.is_ascii_uppercase())
        && is_outward(&text[..text.len() - 3])
        && is_inward(&text[text.len() - 3..])
}

/// `AB12 CDE` in any case; the older `A123 BCD` and `ABC 123D` in capitals alone.
fn is_plate(a: &str, b: &str) -> bool {
    let current = format!("{} {}", shape(&a.to_uppercase()), shape(&b.to_uppercase()));
    let exact = format!("{} {}", shape(a), shape(b));
    let words = (a.chars().any(|c| c.is_ascii_uppercase()) || b.is_empty()) && a.is_ascii() && b.is_ascii();
    (words && matches!(current.as_str(), "AA99 AAA" | "AA99AAA "))
        || matches!(exact.as_str(), "A9 AAA" | "A99 AAA" | "A999 AAA" | "A999AAA " | "A99AAA " | "AAA 999A" | "AAA 99A" | "AAA999A ")
}

/// Numbers that answer for a service, not for a person.
fn is_public_number(digits: &str) -> bool {
    let national = digits
        .strip_prefix("0044")
        .or_else(|| digits.strip_prefix("44"))
        .map_or_else(|| digits.to_owned(), |d| format!("0{}", d.trim_start_matches('0')));
    ["03", "080", "0500", "116"].iter().any(|p| national.starts_with(p))
}

fn phones(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let opens = bytes[i].is_ascii_digit() || bytes[i] == b'+' || (bytes[i] == b'(' && bytes.get(i + 1).is_some_and(u8::is_ascii_digit));
        let before = i.checked_sub(1).map(|p| bytes[p]);
        if !opens || before.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'/' || b == b'=' || b == b'_' || b == b'.' || b == b'#') {
            i += 1;
            continue;
        }
        let (mut end, mut digits) = (i, String::new());
        for (n, b) in bytes.iter().enumerate().skip(i) {
            match b {
                b'0'..=b'9' => {
                    digits.push(char::from(*b));
                    end = n + 1;
                }
                b'+' if n == i => {}
                b' ' | b'-' | b'(' | b')' | b'.' if digits.len() < 14 => {
                    // Two blanks end a number.
                    if *b == b' ' && bytes.get(n + 1) == Some(&b' ') {
                        break;
                    }
                }
                _ => break,
            }
        }
        let international = bytes[i] == b'+' || digits.starts_with("0044");
        let length = digits.len();
        let reads = (digits.starts_with('0') && (10..=11).contains(&length)) || (international && (11..=15).contains(&length));
        if reads && !is_public_number(&digits) {
            found.push(Found::sign(
                "phone",
                i,
                end,
                "Reads as somebody's telephone number.",
                "Give 101, the online form or a number the force publishes.",
            ));
        }
        i = end.max(i + 1);
    }
}

fn emails(text: &str, found: &mut Vec<Found>) {
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        // A handle of the fediverse (`@name@server`) is no address.
        let handle = piece.starts_with('@');
        let word = piece.trim_end().trim_matches(|c: char| !c.is_alphanumeric());
        let from = at + piece.find(word).unwrap_or(0);
        if let Some((local, domain)) = word.split_once('@').filter(|_| !handle) {
            let domain_folded = domain.to_lowercase();
            let reads = !local.is_empty()
                && domain.contains('.')
                && domain.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-')
                && local.chars().all(|c| c.is_alphanumeric() || "._%+-".contains(c));
            let public = [".police.uk", ".gov.uk", ".nhs.uk", ".gov.wales"].iter().any(|d| domain_folded.ends_with(d));
            if reads && !public {
                found.push(Found::sign(
                    "email",
                    from,
                    from + word.len(),
                    "Reads as somebody's e-mail address.",
                    "Give an address that the force publishes.",
                ));
            }
        }
        at += piece.len();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn seen(text: &str) -> Vec<(&'static str, &str)> {
        let mut found = Vec::new();
        find(text, &tokens(text), &mut found);
        found.iter().filter_map(|f| f.span.map(|s| (f.sign, &text[s.from..s.to]))).collect()
    }

    #[test]
    fn what_leads_to_a_door_or_a_person_is_seen() {
        for (text, sign, words) in [
            ("near LE1 6AB today", "postcode", "LE1 6AB"),
            ("near le1 6ab today", "postcode", "le1 6ab"),
            ("near LE16AB", "postcode", "LE16AB"),
            ("at SW1A 1AA", "postcode", "SW1A 1AA"),
            ("a van AB12 CDE", "plate", "AB12 CDE"),
            ("a van AB12CDE.", "plate", "AB12CDE"),
            ("a van K123 ABC", "plate", "K123 ABC"),
            ("ring 07700 900123", "phone", "07700 900123"),
            ("ring +44 7700 900123 now", "phone", "+44 7700 900123"),
            ("ring (0116) 496 0999", "phone", "(0116) 496 0999"),
            ("write to jane.marsh@example.org, please", "email", "jane.marsh@example.org"),
        ] {
            assert_eq!(seen(text), [(sign, words)], "{text}");
        }
    }

    #[test]
    fn what_the_service_publishes_and_what_only_looks_alike_is_not() {
        for text in [
            "Call 101, or 999 in an emergency",
            "Crimestoppers on 0800 555 111",
            "Ring 0300 123 4567 or +44 300 123 4567",
            "write to desk@exampleshire.police.uk",
            "incident 26000123456 of 21 November 2026",
            "M1 J21 closed, A46 slow, 12 of 34",
            "crime reference 26*1234567",
            "at 14:30 on 21/11/2026",
            "https://example.org/12345678901",
            "Follow @desk@mastodon.example",
        ] {
            assert!(seen(text).is_empty(), "{text}: {:?}", seen(text));
        }
    }
}
