use shared::auth::Role;
use shared::ids::UserId;
use shared::stamped::Stamped;

/// What is known of an account that may be given tickets: a copy of what auth says, fed by its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Whose account.
    pub user_id: UserId,
    /// Its role.
    pub role: Stamped<Role>,
    /// Whether it may be used.
    pub active: Stamped<bool>,
    /// Whether it has ended; nothing late brings it back.
    pub is_erased: bool,
}

/// What an event says of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It has this role.
    Role(Role),
    /// It may be used, or may not.
    Active(bool),
    /// It has ended.
    Erased,
}

impl Member {
    /// An account that nothing is known of.
    pub fn unknown(user_id: UserId) -> Self {
        Self { user_id, role: Stamped::new(Role::User, 0), active: Stamped::new(true, 0), is_erased: false }
    }

    /// Takes in what an event of this version says.
    pub fn learn(&mut self, news: News, version: i64) {
        match news {
            News::Role(role) => self.role.take(role, version),
            News::Active(active) => self.active.take(active, version),
            News::Erased => self.is_erased = true,
        }
    }

    /// Whether tickets may be given to it: an agent or an administrator whose account may be used.
    pub fn works(&self) -> bool {
        *self.role.value() >= Role::Agent && *self.active.value() && !self.is_erased
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn only_active_agents_and_administrators_work_and_the_order_of_events_does_not_matter() {
        let news = [(News::Role(Role::Agent), 1), (News::Active(false), 2), (News::Active(true), 3)];
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [0, 2, 1], [2, 0, 1]] {
            let mut member = Member::unknown(UserId::at(DateTime::UNIX_EPOCH));
            assert!(!member.works());
            for at in order {
                member.learn(news[at].0, news[at].1);
            }
            assert!(member.works(), "{order:?}");
            member.learn(News::Role(Role::User), 4);
            assert!(!member.works());
            member.learn(News::Erased, 0);
            member.learn(News::Role(Role::Admin), 9);
            assert!(!member.works(), "an ended account never works again");
        }
    }
}
