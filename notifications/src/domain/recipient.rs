use shared::ids::UserId;
use shared::stamped::Stamped;

use super::{Language, MailAddress, one_line};

/// The longest name that a greeting takes, in characters.
const LONGEST_NAME: usize = 120;

/// How a person writes their name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The language of the profile, when it is one that templates exist in.
    pub language: Option<Language>,
}

/// What is known of somebody who may get notifications: a projection of auth's and users' events.
///
/// `address`, `role` and `active` carry versions of auth's account, `profile` those of users' profile; the two count
/// separately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Whose projection this is.
    pub user_id: UserId,
    /// The address; nothing until `user.registered` has come.
    pub address: Stamped<Option<String>>,
    /// `user`, `agent` or `admin`.
    pub role: Stamped<Option<String>>,
    /// Whether the account may be used.
    pub active: Stamped<bool>,
    /// Name and language.
    pub profile: Stamped<Profile>,
    /// The account has ended: nothing about the person is kept, and nothing is sent.
    pub erased: bool,
}

impl Recipient {
    /// Somebody of whom nothing is known but that they exist.
    #[must_use]
    pub fn unknown(user_id: UserId) -> Self {
        Self {
            user_id,
            address: Stamped::new(None, 0),
            role: Stamped::new(None, 0),
            active: Stamped::new(true, 0),
            profile: Stamped::new(Profile::default(), 0),
            erased: false,
        }
    }

    /// Applies what one event says; an erased recipient stays erased, whatever comes late.
    pub fn apply(&mut self, news: News, version: i64) {
        if self.erased {
            return;
        }
        match news {
            News::Registered { email, role } => {
                self.address.take(Some(email), version);
                self.role.take(Some(role), version);
            }
            News::Address(email) => self.address.take(Some(email), version),
            News::Role(role) => self.role.take(Some(role), version),
            News::Active(active) => self.active.take(active, version),
            News::Profile(profile) => self.profile.take(profile, version),
            News::Erased => *self = Self { erased: true, ..Self::unknown(self.user_id) },
        }
    }

    /// Whether the person is known to work no tickets.
    #[must_use]
    pub fn is_no_agent(&self) -> bool {
        self.role.value().as_deref() == Some("user")
    }

    /// Whether the person is known to administer.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.role.value().as_deref() == Some("admin")
    }

    /// What the person is called: first and last name, else what stands before the `@`.
    #[must_use]
    pub fn name(&self, address: &MailAddress) -> String {
        self.full_name().unwrap_or_else(|| one_line(address.local_part(), LONGEST_NAME))
    }

    /// What the person is called in a mail to somebody else; `None` of whom nothing is known, or nothing any more.
    #[must_use]
    pub fn known_as(&self) -> Option<String> {
        let address = || MailAddress::parse(self.address.value().as_deref()?).ok();
        self.full_name().or_else(|| Some(one_line(address()?.local_part(), LONGEST_NAME)))
    }

    fn full_name(&self) -> Option<String> {
        let profile = self.profile.value();
        let parts = [profile.first_name.as_deref(), profile.last_name.as_deref()];
        let full = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some(one_line(&full, LONGEST_NAME)).filter(|name| !name.is_empty())
    }
}

/// What an event says about a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The account was made.
    Registered {
        /// The address.
        email: String,
        /// The first role.
        role: String,
    },
    /// The address was proved.
    Address(String),
    /// Another role.
    Role(String),
    /// Opened or closed.
    Active(bool),
    /// Name or language changed.
    Profile(Profile),
    /// The account ended.
    Erased,
}

#[cfg(test)]
mod tests {
    use shared::ids::UserId;
    use uuid::Uuid;

    use super::{News, Profile, Recipient};
    use crate::domain::{Language, MailAddress};

    fn registered() -> News {
        News::Registered { email: "alice@example.com".into(), role: "user".into() }
    }

    fn profile(first: &str, last: &str) -> News {
        News::Profile(Profile {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            language: Some(Language::En),
        })
    }

    /// Every order in which the same events may come ends in the same projection.
    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let events = [
            (registered(), 1),
            (News::Role("agent".into()), 3),
            (News::Active(false), 4),
            (profile("Alice", "Old"), 1),
            (profile("Alice", "New"), 2),
        ];
        let expected = apply(&events, &[0, 1, 2, 3, 4]);
        assert_eq!(expected.role.value().as_deref(), Some("agent"));
        assert!(!expected.active.value());
        assert_eq!(expected.profile.value().last_name.as_deref(), Some("New"));
        for order in [[4, 3, 2, 1, 0], [0, 2, 1, 4, 3], [2, 0, 4, 1, 3], [1, 4, 0, 3, 2]] {
            assert_eq!(apply(&events, &order), expected, "{order:?}");
        }
    }

    fn apply(events: &[(News, i64)], order: &[usize]) -> Recipient {
        let mut recipient = Recipient::unknown(UserId::from(Uuid::nil()));
        for index in order {
            let (news, version) = events[*index].clone();
            recipient.apply(news, version);
        }
        recipient
    }

    #[test]
    fn an_erased_recipient_stays_erased() {
        let mut recipient = apply(&[(registered(), 1), (profile("Alice", "A"), 1)], &[0, 1]);
        recipient.apply(News::Erased, 1);
        recipient.apply(registered(), 9);
        assert!(recipient.erased);
        assert_eq!(recipient.address.value(), &None);
        assert_eq!(recipient.profile.value(), &Profile::default());
    }

    #[test]
    fn a_name_is_first_and_last_or_the_local_part() {
        let address = MailAddress::parse("alice.a@example.com").unwrap();
        let named = |first: &str, last: &str| apply(&[(profile(first, last), 1)], &[0]).name(&address);
        assert_eq!(named("Alice", "Archer"), "Alice Archer");
        assert_eq!(named("Alice", ""), "Alice");
        assert_eq!(named("", "Archer"), "Archer");
        assert_eq!(named(" ", "\r\n"), "alice.a");
        assert_eq!(named("Alice\r\nBcc: x@y.z", "Archer"), "Alice Bcc: x@y.z Archer");
    }

    #[test]
    fn others_know_a_person_by_the_same_name_and_an_erased_one_by_none() {
        let known_as = |events: &[(News, i64)]| {
            let order: Vec<usize> = (0..events.len()).collect();
            apply(events, &order).known_as()
        };
        let alice = (profile("Alice", "Archer"), 1);
        assert_eq!(known_as(&[]), None);
        assert_eq!(known_as(&[(registered(), 1)]).as_deref(), Some("alice"));
        assert_eq!(known_as(std::slice::from_ref(&alice)).as_deref(), Some("Alice Archer"));
        assert_eq!(known_as(&[(registered(), 1), alice.clone()]).as_deref(), Some("Alice Archer"));
        assert_eq!(known_as(&[(registered(), 1), alice, (News::Erased, 2)]), None);
        assert_eq!(known_as(&[(News::Address("a\r\n@b.c".into()), 1)]), None);
    }
}
