//! Recovery codes: ten, each used once, for the day the phone is lost. A code begins with its place in the list, so
//! that checking one costs one slow hash and not ten.

pub const COUNT: usize = 10;
/// No letters or digits that are read as another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The code at a place of the list, from ten random bytes: 80 bits, of which 16 characters of 5 bits are shown.
pub fn code(place: usize, random: [u8; 10]) -> String {
    let bits = random.iter().fold(0u128, |acc, b| acc << 8 | u128::from(*b));
    let letters: String = (0..16).map(|i| char::from(ALPHABET[usize::try_from(bits >> (75 - 5 * i) & 31).unwrap_or(0)])).collect();
    format!("{place}-{}-{}-{}-{}", &letters[0..4], &letters[4..8], &letters[8..12], &letters[12..16])
}

/// What was typed: the place, and the code as it is hashed. Spaces, case and dashes do not matter.
pub fn parse(typed: &str) -> Option<(usize, String)> {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    if plain.len() != 17 {
        return None;
    }
    let place = plain[..1].parse::<usize>().ok().filter(|p| *p < COUNT)?;
    plain[1..].bytes().all(|b| ALPHABET.contains(&b)).then_some((place, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = code(7, [0x5a; 10]);
        assert_eq!(code.len(), 21);
        let (place, plain) = parse(&code).unwrap();
        assert_eq!(place, 7);
        assert_eq!(parse(&code.to_lowercase().replace('-', " ")), Some((7, plain)));
        for bad in ["", "123456", "7-AAAA", "7-OOOO-IIII-1111-0000", &"9".repeat(18)] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn different_bytes_make_different_codes() {
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..=255u8 {
            assert!(seen.insert(code(0, [n, 0, 0, 0, 0, 0, 0, 0, 0, n])));
        }
    }
}
