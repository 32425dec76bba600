//! Texts that people write: parsed once at the door, trusted ever after; and folded, to be searched.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::http::FieldFault;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing in it can be seen.
    #[error("must not be blank")]
    Blank,
    /// It has more characters than allowed.
    #[error("must have at most {max} characters")]
    TooLong {
        /// How many are allowed.
        max: usize,
    },
    /// It holds a character that steers a machine instead of saying something.
    #[error("must not contain control characters")]
    Control,
}

impl FieldFault for TextFault {
    fn code(&self) -> &str {
        match self {
            Self::Blank => "blank",
            Self::TooLong { .. } => "too_long",
            Self::Control => "control_character",
        }
    }
}

/// One line of 1 to `max` characters, trimmed.
///
/// # Errors
/// The first rule that the text breaks.
pub fn line(written: &str, max: usize) -> Result<String, TextFault> {
    parse(written, max, |character| !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}'))
}

/// As many lines as it takes, 1 to `max` characters in all, trimmed; they end in `\n`.
///
/// # Errors
/// The first rule that the text breaks.
pub fn lines(written: &str, max: usize) -> Result<String, TextFault> {
    parse(written, max, |character| !character.is_control() || matches!(character, '\n' | '\t'))
}

fn parse(written: &str, max: usize, allowed: impl Fn(char) -> bool) -> Result<String, TextFault> {
    let text = written.trim().replace("\r\n", "\n");
    if !text.chars().any(can_be_seen) {
        return Err(TextFault::Blank);
    }
    if !text.chars().all(allowed) {
        return Err(TextFault::Control);
    }
    if text.chars().count() > max {
        return Err(TextFault::TooLong { max });
    }
    Ok(text)
}

/// Zero-width characters may stand within a text, where scripts and emoji need them, but they make none.
fn can_be_seen(character: char) -> bool {
    let zero_width = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
    !(zero_width || character.is_whitespace() || character.is_control())
}

/// The text in lower case and without accents, so that `ete` finds `Été`. What is stored and what is looked for are both
/// folded.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|character| !is_combining_mark(*character)) {
        for character in character.to_lowercase() {
            match character {
                // Letters that have no decomposition.
                'œ' => folded.push_str("oe"),
                'æ' => folded.push_str("ae"),
                'ß' => folded.push_str("ss"),
                'ø' => folded.push('o'),
                'ł' => folded.push('l'),
                'đ' => folded.push('d'),
                'ı' => folded.push('i'),
                // What lower case adds to `İ`.
                mark if is_combining_mark(mark) => {}
                other => folded.push(other),
            }
        }
    }
    folded
}

/// The words of a folded text: runs of letters and digits.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Defines a text of 1 to `MAX` characters: `text!(/// What it is. Title, line, 255);`, with `line` or `lines`.
#[macro_export]
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $shape:ident, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// How many characters it may have.
            pub const MAX: usize = $max;

            /// Trims and checks what somebody wrote.
            ///
            /// # Errors
            /// The first rule that the text breaks.
            pub fn parse(written: &str) -> Result<Self, $crate::text::TextFault> {
                $crate::text::$shape(written, Self::MAX).map(Self)
            }

            /// A text that was parsed when it was stored: old rows outlive new rules.
            pub(crate) fn stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

/// The text with its control characters, and those that turn the direction of writing, as `\n` or `\u{1b}`.
pub fn encoded(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_rules_of_a_line() {
        let full = "é".repeat(255);
        for (written, read) in [
            ("Printer on fire", Ok("Printer on fire")),
            ("  Printer \u{a0}", Ok("Printer")),
            (full.as_str(), Ok(full.as_str())),
            (&"é".repeat(256), Err(TextFault::TooLong { max: 255 })),
            ("", Err(TextFault::Blank)),
            (" \t\r\n", Err(TextFault::Blank)),
            ("\u{200b}\u{2060}\u{feff}", Err(TextFault::Blank)),
            ("family: 👨\u{200d}👩\u{200d}👧", Ok("family: 👨\u{200d}👩\u{200d}👧")),
            ("one\ntwo", Err(TextFault::Control)),
            ("one\r\nBcc: everyone@example.com", Err(TextFault::Control)),
            ("one\u{2028}two", Err(TextFault::Control)),
            ("nul\0", Err(TextFault::Control)),
            ("\u{1b}[2J", Err(TextFault::Control)),
            ("{{7*7}} <b>&amp;", Ok("{{7*7}} <b>&amp;")),
        ] {
            assert_eq!(line(written, 255).as_deref(), read.as_ref().copied(), "{written:?}");
        }
    }

    #[test]
    fn the_rules_of_several_lines() {
        for (written, read) in [
            ("one\n\ttwo", Ok("one\n\ttwo")),
            ("one\r\ntwo", Ok("one\ntwo")),
            ("one\rtwo", Err(TextFault::Control)),
            ("\u{7f}", Err(TextFault::Blank)),
            ("a\u{7f}", Err(TextFault::Control)),
        ] {
            assert_eq!(lines(written, 255).as_deref(), read.as_ref().copied(), "{written:?}");
        }
    }

    #[test]
    fn folding_takes_accents_and_case_away() {
        for (text, folded) in [
            ("Été à la plage", "ete a la plage"),
            ("CŒUR", "coeur"),
            ("Łukasz Øster, Straße", "lukasz oster, strasse"),
            ("İstanbul ﬁn", "istanbul fin"),
            ("日本 HD-000042", "日本 hd-000042"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    proptest! {
        #[test]
        fn a_parsed_text_parses_to_itself(written in any::<String>()) {
            if let Ok(text) = lines(&written, 20_000) {
                prop_assert_eq!(lines(&text, 20_000), Ok(text));
            }
        }

        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
