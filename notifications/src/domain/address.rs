use std::fmt;

/// The longest address that SMTP takes (RFC 5321, 4.5.3.1.3: a path of 256 octets, brackets included).
const LONGEST: usize = 254;

/// Where a mail goes: one address without a display name, on one line, with nothing in it that SMTP or a header could
/// take for the end of the address.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress(String);

/// Why a text is not an address that a mail may go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// CR, LF, NUL, white space, or a character that separates addresses.
    #[error("the address has a forbidden character in it")]
    ForbiddenCharacter,
    /// No local part, no domain, or more than one `@`.
    #[error("the address is not of the form name@domain")]
    Malformed,
    /// Longer than SMTP allows.
    #[error("the address is longer than {LONGEST} bytes")]
    TooLong,
}

impl MailAddress {
    /// Takes an address as it is, or refuses it; nothing is repaired, because a repaired address is another one.
    ///
    /// # Errors
    /// When it could break out of a header or an SMTP command, or is no address at all.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if text.len() > LONGEST {
            return Err(AddressFault::TooLong);
        }
        let forbidden = |c: char| c.is_control() || c.is_whitespace() || "<>(),;:\\\"[]".contains(c);
        if text.chars().any(forbidden) {
            return Err(AddressFault::ForbiddenCharacter);
        }
        match text.split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(AddressFault::Malformed),
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`: what a person is called whose name is not known.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
}

/// An address is personal data: logs show its domain only.
impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "***@{}", self.0.split_once('@').map_or("", |(_, domain)| domain))
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressFault, MailAddress};

    #[test]
    fn an_address_that_could_break_out_is_refused() {
        for text in [
            "alice@example.com\r\nBcc: victim@example.com",
            "alice@example.com\nRCPT TO:<victim@example.com>",
            "alice@example.com\rX: y",
            "alice@example.com>,<victim@example.com",
            "alice@example.com, victim@example.com",
            "\"alice\r\n\"@example.com",
            "alice\0@example.com",
            "alice\u{2028}@example.com",
            "Alice <alice@example.com>",
        ] {
            assert_eq!(MailAddress::parse(text), Err(AddressFault::ForbiddenCharacter), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "alice", "@example.com", "alice@", "a@b@c"] {
            assert_eq!(MailAddress::parse(text), Err(AddressFault::Malformed), "{text:?}");
        }
        assert_eq!(
            MailAddress::parse(&format!("{}@example.com", "a".repeat(250))),
            Err(AddressFault::TooLong)
        );
    }

    #[test]
    fn an_address_keeps_its_form() {
        let address = MailAddress::parse("Zoë.O'Neil+tag@exämple.com").unwrap();
        assert_eq!(address.as_str(), "Zoë.O'Neil+tag@exämple.com");
        assert_eq!(address.local_part(), "Zoë.O'Neil+tag");
        assert_eq!(format!("{address:?}"), "***@exämple.com");
    }
}
