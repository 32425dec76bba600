//! The texts of a ticket: parsed once at the door, trusted ever after.

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

/// Defines a text of 1 to `MAX` characters, trimmed, of the given shape.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $shape:expr, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// How many characters it may have.
            pub const MAX: usize = $max;

            /// Trims and checks what somebody wrote.
            pub fn parse(written: &str) -> Result<Self, TextFault> {
                parse(written, $shape, Self::MAX).map(Self)
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

text!(
    /// What a ticket is about, in one line: it becomes the subject of mails.
    Title, Shape::Line, 255
);
text!(
    /// What happened, in as many lines as it takes.
    Description, Shape::Lines, 20_000
);
text!(
    /// The drawer it belongs in, such as `Network`. The list is not closed.
    Category, Shape::Line, 50
);

enum Shape {
    Line,
    Lines,
}

impl Shape {
    fn allows(&self, character: char) -> bool {
        match self {
            Self::Line => !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}'),
            Self::Lines => !character.is_control() || matches!(character, '\n' | '\t'),
        }
    }
}

fn parse(written: &str, shape: Shape, max: usize) -> Result<String, TextFault> {
    let text = written.trim().replace("\r\n", "\n");
    if !text.chars().any(can_be_seen) {
        return Err(TextFault::Blank);
    }
    if !text.chars().all(|character| shape.allows(character)) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_rules_of_a_title() {
        let full = "é".repeat(255);
        for (written, title) in [
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
            assert_eq!(
                Title::parse(written).as_ref().map(Title::as_str),
                title.as_ref().copied(),
                "{written:?}"
            );
        }
    }

    #[test]
    fn a_description_has_lines() {
        for (written, description) in [
            ("one\n\ttwo", Ok("one\n\ttwo")),
            ("one\r\ntwo", Ok("one\ntwo")),
            ("one\rtwo", Err(TextFault::Control)),
            ("\u{7f}", Err(TextFault::Blank)),
            ("a\u{7f}", Err(TextFault::Control)),
        ] {
            let parsed = Description::parse(written);
            assert_eq!(
                parsed.as_ref().map(Description::as_str),
                description.as_ref().copied(),
                "{written:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_parsed_text_parses_to_itself(written in any::<String>()) {
            if let Ok(text) = Description::parse(&written) {
                prop_assert_eq!(Description::parse(text.as_str()), Ok(text));
            }
        }
    }
}
