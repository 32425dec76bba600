//! The texts of a profile: parsed once at the door, trusted ever after.

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing in it can be seen.
    #[error("must not be blank; null takes the value away")]
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
    /// It cannot be dialled.
    #[error("must be a phone number of 5 to 15 digits, such as +33 1 23 45 67 89")]
    NotAPhone,
}

/// Defines a text of one line and 1 to `MAX` characters, trimmed.
macro_rules! line {
    ($(#[$doc:meta])* $name:ident, $max:literal $(, $further:path)?) => {
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
            pub fn parse(written: &str) -> Result<Self, TextFault> {
                let text = parse(written, Self::MAX)?;
                $($further(text)?;)?
                Ok(Self(text.to_owned()))
            }

            /// A text that was parsed when it was stored: old rows outlive new rules.
            pub(crate) fn stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, taken out.
            pub fn into_string(self) -> String {
                self.0
            }
        }
    };
}

line!(
    /// A first or a last name.
    Name, 100
);
line!(
    /// A phone number as its owner writes it.
    Phone, 20, can_be_dialled
);
line!(
    /// The department somebody works in.
    Department, 100
);
line!(
    /// What somebody does there.
    JobTitle, 100
);

fn parse(written: &str, max: usize) -> Result<&str, TextFault> {
    let text = written.trim();
    if !text.chars().any(can_be_seen) {
        return Err(TextFault::Blank);
    }
    if text.chars().any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')) {
        return Err(TextFault::Control);
    }
    if text.chars().count() > max {
        return Err(TextFault::TooLong { max });
    }
    Ok(text)
}

/// Zero-width characters may stand within a text, where some scripts need them, but they make none.
fn can_be_seen(character: char) -> bool {
    let zero_width = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
    !(zero_width || character.is_whitespace() || character.is_control())
}

/// Digits and the marks people put between them, with a `+` in front at most. E.164 has up to 15 digits; the
/// shortest numbers inside a company have about 5.
fn can_be_dialled(text: &str) -> Result<(), TextFault> {
    let number = text.strip_prefix('+').unwrap_or(text);
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let marks_are_usual = number.chars().all(|mark| mark.is_ascii_digit() || " .-/()".contains(mark));
    if marks_are_usual && (5..=15).contains(&digits) { Ok(()) } else { Err(TextFault::NotAPhone) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_a_name() {
        let full = "é".repeat(100);
        for (written, name) in [
            (" Zoé \u{a0}", Ok("Zoé")),
            ("O'Brien-Łukasz 李", Ok("O'Brien-Łukasz 李")),
            (full.as_str(), Ok(full.as_str())),
            (&"é".repeat(101), Err(TextFault::TooLong { max: 100 })),
            ("", Err(TextFault::Blank)),
            ("\u{200b}", Err(TextFault::Blank)),
            ("Eve\r\nBcc: all@example.com", Err(TextFault::Control)),
            ("nul\0", Err(TextFault::Control)),
        ] {
            assert_eq!(
                Name::parse(written).as_ref().map(Name::as_str),
                name.as_ref().copied(),
                "{written:?}"
            );
        }
    }

    #[test]
    fn a_phone_number_is_what_can_be_dialled() {
        for number in
            ["+33 1 23 45 67 89", "01.23.45.67.89", "+33 (0)1 23 45 67 89", "12345", "+123456789012345"]
        {
            assert_eq!(Phone::parse(number).as_ref().map(Phone::as_str), Ok(number));
        }
        for text in ["1234", "+1234567890123456", "++33123456", "call me", "12345x", "٠١٢٣٤٥٦", "33+123456"]
        {
            assert_eq!(Phone::parse(text), Err(TextFault::NotAPhone), "{text:?}");
        }
    }
}
