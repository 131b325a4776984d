//! Pictures as words. `🔪` reads as the word `knife` followed by a marker, so that a phrase with the word finds the
//! picture ("got a 🔪") and a phrase with the picture does not find the word.

/// Follows each picture in folded text; no writer can type it, because controls are dropped.
pub(crate) const MARK: &str = "\u{1}";

/// The word of a picture, where `c` is one.
pub(crate) fn word(c: char) -> Option<&'static str> {
    Some(match c {
        '🔪' => "knife",
        '🗡' => "dagger",
        '⚔' => "swords",
        '🪓' => "axe",
        '🏹' => "crossbow",
        '🔫' => "gun",
        '💣' => "bomb",
        '🧨' => "explosive",
        '💥' => "bang",
        '🩸' => "blood",
        '🆘' => "sos",
        '🚨' => "siren",
        '🔥' => "flames",
        '⚰' => "coffin",
        '🪦' => "grave",
        '💀' | '☠' => "skull",
        '💊' => "pills",
        '💉' => "needle",
        '🏠' | '🏡' => "house",
        '🚗' | '🚙' => "car",
        '👏' => "applause",
        '👍' => "thumbs",
        '🙏' => "praying",
        '❤' | '💙' | '💚' | '💛' | '💜' | '🧡' | '💖' | '💕' | '🤍' | '🖤' | '💗' | '😍' | '🥰' => "heart",
        '👮' => "officer",
        '🎶' | '🎵' | '🎼' | '🎤' | '🎧' | '♪' | '♫' | '♬' | '🎸' => "music",
        '🎬' | '🎥' | '🍿' | '📺' => "film",
        '🎮' | '🕹' => "game",
        '🙄' => "eyeroll",
        '😂' | '🤣' | '😆' | '😹' => "laughing",
        '😭' | '😢' | '😥' => "crying",
        '😡' | '🤬' | '😠' => "angry",
        '😱' | '😨' | '😰' => "scared",
        '🐷' | '🐖' | '🐽' => "pig",
        '🥓' => "bacon",
        '🐀' | '🐁' => "rat",
        '🐒' | '🐵' | '🦍' => "monkey",
        '🍌' => "banana",
        '🍆' => "aubergine",
        '🚓' | '🚔' => "police",
        '🚑' => "ambulance",
        '🚒' => "engine",
        c if is_picture(c) => "picture",
        _ => return None,
    })
}

/// Whether `c` is a pictograph; its skin tones and joiners say nothing by themselves.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}'
        | '\u{2b00}'..='\u{2bff}' | '\u{1f004}' | '\u{1f0cf}' | '\u{1f18e}' | '\u{1f191}'..='\u{1f19a}')
}

/// Skin tones: part of the picture before them.
pub(crate) const fn is_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}
