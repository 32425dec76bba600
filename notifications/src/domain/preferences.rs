use std::collections::BTreeSet;

use super::{Channel, Language, Rhythm, Template};

/// What somebody wants to be told, which way, and in which language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The language chosen for notifications; without one the profile's counts.
    pub language: Option<Language>,
    /// The optional mails that were switched off.
    pub mail_off: BTreeSet<&'static str>,
    /// What was switched off in the list.
    pub list_off: BTreeSet<&'static str>,
    /// The text messages that were switched on.
    pub sms_on: BTreeSet<&'static str>,
    /// The push messages that were switched on.
    pub push_on: BTreeSet<&'static str>,
    /// How often the optional mails come.
    pub rhythm: Rhythm,
}

impl Preferences {
    /// Whether a message of that kind is wanted that way. What guards the account comes by mail, always; what costs the
    /// house money, or disturbs, comes only to those who asked for it.
    #[must_use]
    pub fn wants(&self, channel: Channel, template: Template) -> bool {
        let chosen = |chosen: &BTreeSet<&'static str>| chosen.contains(template.as_str());
        match channel {
            Channel::Email => !template.is_optional() || !chosen(&self.mail_off),
            Channel::InApp => !template.is_optional() || !chosen(&self.list_off),
            Channel::Sms => template.is_optional() && chosen(&self.sms_on),
            Channel::Push => template.is_optional() && chosen(&self.push_on),
        }
    }

    /// Switches the messages of one kind on or off.
    ///
    /// # Errors
    /// When it is one that cannot be switched.
    pub fn set(&mut self, channel: Channel, template: Template, wanted: bool) -> Result<(), NotOptional> {
        if !template.is_optional() {
            let as_it_is = self.wants(channel, template) == wanted;
            return if as_it_is { Ok(()) } else { Err(NotOptional { channel, template }) };
        }
        let (chosen, listed) = match channel {
            Channel::Email => (&mut self.mail_off, !wanted),
            Channel::InApp => (&mut self.list_off, !wanted),
            Channel::Sms => (&mut self.sms_on, wanted),
            Channel::Push => (&mut self.push_on, wanted),
        };
        match listed {
            true => chosen.insert(template.as_str()),
            false => chosen.remove(template.as_str()),
        };
        Ok(())
    }
}

/// It is not for its recipient to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{template}` is not for its recipient to choose")]
pub struct NotOptional {
    /// The way that was meant.
    pub channel: Channel,
    /// What was meant.
    pub template: Template,
}

#[cfg(test)]
mod tests {
    use super::{NotOptional, Preferences};
    use crate::domain::{Channel, Template};

    #[test]
    fn only_optional_messages_can_be_switched() {
        let mut preferences = Preferences::default();
        for channel in Channel::ALL {
            for template in Template::ALL.iter().copied() {
                let before = preferences.wants(channel, template);
                let asked_for = matches!(channel, Channel::Sms | Channel::Push);
                assert_eq!(before, !asked_for, "mails and list are on at first, the rest is off");
                let expected =
                    if template.is_optional() { Ok(()) } else { Err(NotOptional { channel, template }) };
                assert_eq!(preferences.set(channel, template, !before), expected);
                assert_eq!(preferences.wants(channel, template) == before, !template.is_optional());
                assert_eq!(preferences.set(channel, template, before), Ok(()));
                assert_eq!(preferences.wants(channel, template), before);
            }
        }
        assert_eq!(preferences, Preferences::default());
    }
}
