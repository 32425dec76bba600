use std::fmt;
use std::str::FromStr;

/// The number people quote: `HD-000042`. Never given twice; gaps are no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketNumber(u64);

impl TicketNumber {
    const PREFIX: &str = "HD-";
    /// Numbers are filled up to this many digits, and simply grow longer after the last one that fits.
    const DIGITS: usize = 6;

    /// The ticket number for the next value of the sequence.
    pub fn new(sequence: u64) -> Self {
        Self(sequence)
    }

    /// The value of the sequence that it was made of.
    pub fn sequence(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{:0width$}", Self::PREFIX, self.0, width = Self::DIGITS)
    }
}

/// A text that is no ticket number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no ticket number; one reads HD-000042")]
pub struct NoTicketNumber(String);

impl FromStr for TicketNumber {
    type Err = NoTicketNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix(Self::PREFIX)
            // `+7`, `0000007` and other spellings of a number are not the number.
            .filter(|digits| !digits.starts_with('+'))
            .filter(|digits| {
                digits.len() == Self::DIGITS || digits.len() > Self::DIGITS && !digits.starts_with('0')
            })
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| NoTicketNumber(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_has_six_digits_and_grows_when_they_are_used_up() {
        for (sequence, written) in
            [(1, "HD-000001"), (42, "HD-000042"), (999_999, "HD-999999"), (1_000_000, "HD-1000000")]
        {
            assert_eq!(TicketNumber::new(sequence).to_string(), written);
        }
    }

    #[test]
    fn only_the_one_spelling_of_a_number_is_read() {
        for text in
            ["", "42", "HD-", "HD-42", "hd-000042", "HD-+00042", "HD-0000042", "HD-000042 ", "HD-00004x"]
        {
            assert!(text.parse::<TicketNumber>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(sequence: u64) {
            let number = TicketNumber::new(sequence);
            prop_assert_eq!(number.to_string().parse::<TicketNumber>(), Ok(number));
        }

        #[test]
        fn what_is_read_is_written_so(text in "HD-[+0-9]{0,9}|.*") {
            if let Ok(number) = text.parse::<TicketNumber>() {
                prop_assert_eq!(number.to_string(), text);
            }
        }
    }
}
