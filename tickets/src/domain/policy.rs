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

    /// The caller's own tickets, whatever else they may see.
    pub fn own(caller: &Caller) -> Self {
        Self::Only(caller.user_id)
    }
}
