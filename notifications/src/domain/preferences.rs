use std::collections::BTreeSet;

use super::{Language, Template};

/// What somebody wants to be told, and in which language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The language chosen for notifications; without one the profile's counts.
    pub language: Option<Language>,
    /// The optional mails that were switched off.
    pub off: BTreeSet<&'static str>,
}

impl Preferences {
    /// Whether a mail of that kind is wanted. What guards the account cannot be switched off.
    #[must_use]
    pub fn wants_mail(&self, template: Template) -> bool {
        !(template.is_optional() && self.off.contains(template.as_str()))
    }

    /// Switches the mails of one kind on or off.
    ///
    /// # Errors
    /// When it is one that cannot be switched off.
    pub fn set_mail(&mut self, template: Template, wanted: bool) -> Result<(), NotOptional> {
        match (wanted, template.is_optional()) {
            (false, false) => return Err(NotOptional(template)),
            (false, true) => self.off.insert(template.as_str()),
            (true, _) => self.off.remove(template.as_str()),
        };
        Ok(())
    }
}

/// The mail guards the account and is always sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` guards the account and cannot be switched off")]
pub struct NotOptional(pub Template);

#[cfg(test)]
mod tests {
    use super::{NotOptional, Preferences};
    use crate::domain::Template;

    #[test]
    fn only_optional_mails_can_be_switched_off() {
        let mut preferences = Preferences::default();
        for template in Template::ALL {
            assert!(preferences.wants_mail(template), "everything is on at first");
            let expected = if template.is_optional() { Ok(()) } else { Err(NotOptional(template)) };
            assert_eq!(preferences.set_mail(template, false), expected);
            assert_eq!(preferences.wants_mail(template), !template.is_optional());
            assert_eq!(preferences.set_mail(template, true), Ok(()));
            assert!(preferences.wants_mail(template));
        }
    }
}
