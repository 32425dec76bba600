//! The texts of a profile: parsed once at the door, trusted ever after.

use shared::text;
use shared::text::TextFault;

text!(
    /// A first or a last name.
    Name, line, 100
);
text!(
    /// The department somebody works in.
    Department, line, 100
);
text!(
    /// What somebody does there.
    JobTitle, line, 100
);

/// A phone number as its owner writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

/// Why a phone number is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneFault {
    /// It is not even a text.
    #[error(transparent)]
    Text(#[from] TextFault),
    /// It cannot be dialled.
    #[error("must be a phone number of 5 to 15 digits, such as +33 1 23 45 67 89")]
    NotAPhone,
}

impl Phone {
    /// How many characters it may have.
    pub const MAX: usize = 20;

    /// Trims and checks what somebody wrote.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(written: &str) -> Result<Self, PhoneFault> {
        let number = text::line(written, Self::MAX)?;
        if can_be_dialled(&number) { Ok(Self(number)) } else { Err(PhoneFault::NotAPhone) }
    }

    /// A number that was parsed when it was stored: old rows outlive new rules.
    pub(crate) fn stored(number: String) -> Self {
        Self(number)
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Digits and the marks people put between them, with a `+` in front at most. E.164 has up to 15 digits; the
/// shortest numbers inside a company have about 5.
fn can_be_dialled(text: &str) -> bool {
    let number = text.strip_prefix('+').unwrap_or(text);
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let marks_are_usual = number.chars().all(|mark| mark.is_ascii_digit() || " .-/()".contains(mark));
    marks_are_usual && (5..=15).contains(&digits)
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
            assert_eq!(Phone::parse(text), Err(PhoneFault::NotAPhone), "{text:?}");
        }
        assert_eq!(Phone::parse(" "), Err(PhoneFault::Text(TextFault::Blank)));
        assert_eq!(Phone::parse(&"1".repeat(21)), Err(PhoneFault::Text(TextFault::TooLong { max: 20 })));
    }
}
