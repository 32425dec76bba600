use shared::auth::{Caller, Role};
use shared::ids::UserId;

/// Whose tickets a question may be answered with. Every query takes one, so none can forget to ask.
///
/// What is out of sight does not exist: it is answered like an id that was never given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Every ticket there is.
    Everyone,
    /// The tickets of this requester alone.
    Only(UserId),
}

impl Visibility {
    /// What a caller may see: agents and admins everything, a requester their own tickets.
    pub fn of(caller: &Caller) -> Self {
        match caller.role {
            Role::User => Self::own(caller),
            Role::Agent | Role::Admin => Self::Everyone,
        }
    }

    /// Whether what agents write for each other is in sight too.
    pub fn includes_internal(self) -> bool {
        self == Self::Everyone
    }

    /// The caller's own tickets, whatever else they may see.
    pub fn own(caller: &Caller) -> Self {
        Self::Only(caller.user_id)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use shared::ids::SessionId;

    use super::*;

    #[test]
    fn an_agent_sees_every_ticket_and_a_requester_their_own() {
        let now = DateTime::UNIX_EPOCH;
        let id = UserId::at(now);
        for (role, sight) in [
            (Role::User, Visibility::Only(id)),
            (Role::Agent, Visibility::Everyone),
            (Role::Admin, Visibility::Everyone),
        ] {
            let caller = Caller::new(id, SessionId::at(now), role, "somebody@example.com", now, "");
            assert_eq!(Visibility::of(&caller), sight, "{role:?}");
            assert_eq!(Visibility::own(&caller), Visibility::Only(id), "{role:?}");
        }
    }
}
