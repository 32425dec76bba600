//! An e-mail address, parsed once and normalised: two spellings of one mailbox are one account.

use std::fmt;

use sha2::{Digest, Sha256};

/// The longest address taken, in bytes: the column of the specification.
pub const MAX_BYTES: usize = 255;
/// The longest part before the `@` (RFC 5321 § 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// The longest label of a host name (RFC 1035 § 2.3.4).
const MAX_LABEL: usize = 63;

/// A normalised address: trimmed, lower case, ASCII, with nothing in it that could end a mail header.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was given.
    #[error("an e-mail address is required")]
    Missing,
    /// It is longer than the column.
    #[error("an e-mail address has at most {MAX_BYTES} characters")]
    TooLong,
    /// It does not read `name@host.tld`.
    #[error("this is not an e-mail address")]
    Malformed,
}

impl EmailError {
    /// The stable code of the fault, for `errors[].code`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            EmailError::Missing => "required",
            EmailError::TooLong => "too_long",
            EmailError::Malformed => "invalid_email",
        }
    }
}

impl Email {
    /// Parses and normalises an address.
    ///
    /// The form is the dot-atom of RFC 5321 without quotes, comments and address literals: everything that a mailer
    /// takes without a second thought, and no character that means something in a header.
    ///
    /// # Errors
    /// When the text is empty, too long or not of that form.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err(EmailError::Missing);
        }
        if text.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        let (local, host) = text.rsplit_once('@').ok_or(EmailError::Malformed)?;
        if is_local(local) && is_host(host) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(EmailError::Malformed)
        }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }

    /// Under which failures for this address are counted.
    #[must_use]
    pub fn hash(&self) -> EmailHash {
        EmailHash::of(&self.0)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Addresses are personal data: a debug print shows the host only.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email(…@{})", self.0.rsplit_once('@').map_or("", |(_, host)| host))
    }
}

/// SHA-256 of a normalised address, in hex: it tells addresses apart and names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailHash(String);

impl EmailHash {
    /// The hash of whatever was typed into the login form, address or not, normalised in the same way: what is no
    /// address is counted and refused like an address that nobody has.
    #[must_use]
    pub fn of_typed(text: &str) -> Self {
        Email::parse(text).map_or_else(|_| Self::of(&text.trim().to_lowercase()), |email| email.hash())
    }

    fn of(normalised: &str) -> Self {
        Self(hex::encode(Sha256::digest(normalised.as_bytes())))
    }

    /// The hash as 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(local: &str) -> bool {
    local.len() <= MAX_LOCAL && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_host(host: &str) -> bool {
    let Some(last) = host.rsplit('.').next() else { return false };
    // A name without a dot is nearly always a slip of the pen; `localhost` is what a developer means.
    let has_domain = host.contains('.') || host.eq_ignore_ascii_case("localhost");
    has_domain && host.split('.').all(is_label) && !last.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= MAX_LABEL
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_mailbox_are_one_address() {
        for text in ["alice@example.com", "  Alice@Example.COM ", "ALICE@EXAMPLE.COM\t"] {
            assert_eq!(Email::parse(text).unwrap().as_str(), "alice@example.com", "{text:?}");
        }
    }

    #[test]
    fn ordinary_addresses_are_taken() {
        for text in [
            "a@b.co",
            "first.last+tag@sub.example.org",
            "o'brien@example.ie",
            "x_y-z@xn--bcher-kva.example",
            "root@localhost",
            "{{7*7}}@example.com",
        ] {
            assert!(Email::parse(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "plain",
            "@example.com",
            "a@",
            "a@b",
            "a@@b.co",
            "a b@c.de",
            "a@b.c\r\nBcc: all@example.com",
            "a\n@b.co",
            "a@b.co\n",
            "a\u{0}@b.co",
            "a\u{200b}@b.co",
            "é@example.com",
            "a@exämple.com",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a@-b.com",
            "a@b-.com",
            "a@b..com",
            "a@127.0.0.1",
            "a@[127.0.0.1]",
            "\"a b\"@example.com",
            "<a@example.com>",
            "a@example.com,b@example.com",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError::Malformed), "{text:?}");
        }
        assert_eq!(Email::parse("   "), Err(EmailError::Missing));
        assert_eq!(Email::parse(&format!("{}@example.com", "a".repeat(300))), Err(EmailError::TooLong));
        assert_eq!(Email::parse(&format!("{}@example.com", "a".repeat(65))), Err(EmailError::Malformed));
        assert_eq!(Email::parse(&format!("a@{}.com", "b".repeat(64))), Err(EmailError::Malformed));
    }

    #[test]
    fn what_is_typed_at_login_is_counted_by_its_normal_form() {
        assert_eq!(
            EmailHash::of_typed(" Alice@Example.com"),
            Email::parse("alice@example.com").unwrap().hash()
        );
        assert_eq!(EmailHash::of_typed("Nonsense "), EmailHash::of_typed("nonsense"));
        assert_ne!(EmailHash::of_typed("a@example.com"), EmailHash::of_typed("b@example.com"));
    }

    #[test]
    fn a_debug_print_names_nobody() {
        assert_eq!(format!("{:?}", Email::parse("alice@example.com").unwrap()), "Email(…@example.com)");
    }

    proptest! {
        #[test]
        fn whatever_is_parsed_is_normal_and_harmless_in_a_header(text in "\\PC{0,40}|[a-zA-Z0-9.+@ \r\n\t<>,\"-]{0,40}") {
            if let Ok(email) = Email::parse(&text) {
                let again = Email::parse(email.as_str()).unwrap();
                prop_assert_eq!(again.as_str(), email.as_str());
                prop_assert!(email.as_str().is_ascii());
                prop_assert!(!email.as_str().contains(|c: char| c.is_control() || c.is_whitespace() || "<>,;:\"\\()[]".contains(c)));
                prop_assert!(!email.as_str().contains(|c: char| c.is_ascii_uppercase()));
            }
        }

        #[test]
        fn every_plain_address_is_taken(local in "[a-z0-9]{1,20}", host in "[a-z0-9]{1,20}", tld in "[a-z]{2,8}") {
            let address = format!("{local}@{host}.{tld}");
            prop_assert_eq!(Email::parse(&address).unwrap().to_string(), address);
        }
    }
}
