//! Passwords: what is taken, and what is refused before it is ever hashed.

use std::fmt;

use super::email::Email;

/// bcrypt looks at no more; what is longer is refused rather than cut.
pub const MAX_BYTES: usize = 72;

/// A password that the rules allow, on its way to be hashed.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// The password itself, for the hash function.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// What is stored instead of a password: bcrypt's own text form.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes what bcrypt gave, or what was stored of it.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self(text)
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// bcrypt's cost, read from the text form (`$2b$12$…`).
    #[must_use]
    pub fn cost(&self) -> Option<u32> {
        self.0.split('$').nth(2)?.parse().ok()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer characters than configured.
    #[error("a password has at least {0} characters")]
    TooShort(usize),
    /// More than bcrypt can tell apart.
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// It is on the list that every attacker has.
    #[error("this password is too common: attackers try it first")]
    Common,
    /// It is the account's own address.
    #[error("a password must not be the e-mail address")]
    IsEmail,
    /// bcrypt cannot tell apart what a NUL character ends.
    #[error("a password must not contain the character U+0000")]
    HasNul,
}

impl PasswordError {
    /// The stable code of the fault, for `errors[].code`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            PasswordError::TooShort(_) => "too_short",
            PasswordError::TooLong => "too_long",
            PasswordError::Common => "common_password",
            PasswordError::IsEmail => "password_is_email",
            PasswordError::HasNul => "invalid_character",
        }
    }
}

/// The rules for a new password. There are none on its composition (NIST SP 800-63B § 3.1.1.2).
#[derive(Clone)]
pub struct PasswordPolicy {
    min_length: usize,
    common: CommonPasswords,
}

impl PasswordPolicy {
    /// `min_length` counts characters, not bytes.
    #[must_use]
    pub fn new(min_length: usize) -> Self {
        Self { min_length, common: CommonPasswords::bundled() }
    }

    /// Takes a password for the account of `email`.
    ///
    /// # Errors
    /// When it is too short, too long, common, or the address itself.
    pub fn parse(&self, text: String, email: Option<&Email>) -> Result<Password, PasswordError> {
        if text.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        if text.contains('\0') {
            return Err(PasswordError::HasNul);
        }
        if text.chars().count() < self.min_length {
            return Err(PasswordError::TooShort(self.min_length));
        }
        let lower = text.to_lowercase();
        let is_email = |email: &Email| lower.trim() == email.as_str() || lower.trim() == email.local_part();
        if email.is_some_and(is_email) {
            return Err(PasswordError::IsEmail);
        }
        if self.common.contains(&lower) {
            return Err(PasswordError::Common);
        }
        Ok(Password(text))
    }
}

/// The bundled list of common passwords: one a line, lower case, sorted.
#[derive(Clone, Copy)]
struct CommonPasswords(&'static str);

impl CommonPasswords {
    fn bundled() -> Self {
        Self(include_str!("common-passwords.txt"))
    }

    /// Whether `lower`, in lower case, is a line of the list. The text is searched as it lies in the binary: a set
    /// of it would cost more memory than the rest of the service at rest.
    fn contains(self, lower: &str) -> bool {
        let text = self.0.as_bytes();
        let (mut low, mut high) = (0, text.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = text[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let end =
                text[middle..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| middle + at);
            match text[start..end].cmp(lower.as_bytes()) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = end + 1,
                std::cmp::Ordering::Greater => high = start,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> PasswordPolicy {
        PasswordPolicy::new(12)
    }

    fn parse(text: &str) -> Result<(), PasswordError> {
        let alice = Email::parse("alice.liddell@example.com").unwrap();
        policy().parse(text.to_owned(), Some(&alice)).map(|_| ())
    }

    #[test]
    fn a_password_needs_length_and_nothing_else() {
        let cases = [
            ("correct horse battery", Ok(())),
            ("éééééééééééé", Ok(())),
            ("aaaaabbbbbcccccd", Ok(())),
            ("short", Err(PasswordError::TooShort(12))),
            ("ééééééééééé", Err(PasswordError::TooShort(12))),
            ("", Err(PasswordError::TooShort(12))),
            ("has a \0 inside it", Err(PasswordError::HasNul)),
            ("alice.liddell@example.com", Err(PasswordError::IsEmail)),
            ("Alice.Liddell@Example.com", Err(PasswordError::IsEmail)),
            ("alice.liddell", Err(PasswordError::IsEmail)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn seventy_two_bytes_are_taken_and_not_one_more() {
        assert_eq!(parse(&"x7".repeat(36)), Ok(()));
        assert_eq!(parse(&format!("{}y", "x7".repeat(36))), Err(PasswordError::TooLong));
        assert_eq!(parse(&"é".repeat(37)), Err(PasswordError::TooLong));
    }

    #[test]
    fn what_everybody_takes_is_refused_in_any_case() {
        for text in [
            "password1234",
            "PassWord1234",
            "123456789012",
            "qwertyuiop123",
            "Passw0rd1234",
            "iloveyou1234",
            "adminadminadmin",
            "passwordpassword",
            "administrator",
            "motdepasse123",
            "letmein12345",
            "changeme1234",
            "aaaaaaaaaaaa",
            "1q2w3e4r5t6y",
            "azertyuiop123",
            "helpdesk1234",
            "welcome12345",
        ] {
            assert_eq!(parse(text), Err(PasswordError::Common), "{text:?}");
        }
        let short = PasswordPolicy::new(4);
        for text in ["123456", "qwerty", "password", "azerty", "dragon", "monkey", "P@ssw0rd"] {
            assert!(matches!(short.parse(text.to_owned(), None), Err(PasswordError::Common)), "{text:?}");
        }
    }

    #[test]
    fn the_list_is_long_sorted_and_every_line_of_it_is_found() {
        let list = CommonPasswords::bundled();
        let lines: Vec<&str> = list.0.lines().collect();
        assert!(
            lines.windows(2).all(|pair| pair[0].as_bytes() < pair[1].as_bytes()),
            "sorted, and no line twice"
        );
        assert!(lines.iter().all(|line| line.to_lowercase() == **line));
        assert!(lines.iter().all(|line| list.contains(line)));
        assert!(lines.iter().filter(|line| line.chars().count() >= 12).count() >= 3000);
        assert!(!list.contains("") && !list.contains("\n") && !list.contains("~~~"));
    }

    #[test]
    fn a_debug_print_does_not_tell() {
        let password = policy().parse("correct horse battery".to_owned(), None).unwrap();
        assert_eq!(
            format!("{password:?} {:?}", PasswordHash::of("$2b$12$x".into())),
            "Password(***) PasswordHash(***)"
        );
        assert_eq!(PasswordHash::of("$2b$12$x".into()).cost(), Some(12));
        assert_eq!(PasswordHash::of("nonsense".into()).cost(), None);
    }

    proptest! {
        #[test]
        fn what_is_taken_fits_bcrypt_whole(text in "\\PC{0,90}") {
            if let Ok(password) = policy().parse(text.clone(), None) {
                prop_assert_eq!(password.reveal(), &text);
                prop_assert!(text.len() <= MAX_BYTES && text.chars().count() >= 12);
            }
        }
    }
}
