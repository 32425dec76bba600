use std::{fmt, str::FromStr};

use super::Priority;

/// A kind of message; the name is what the API, the events and the files under `templates/` call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Template {
    /// To the requester: the ticket is there.
    TicketCreated,
    /// To the agent who has it now: a ticket to work on.
    TicketAssigned,
    /// To the requester: something happened to the ticket.
    TicketUpdated,
    /// The link that proves an address.
    EmailVerification,
    /// The link that sets a new password.
    PasswordReset,
    /// The password is another one now.
    PasswordChanged,
}

impl Template {
    /// Every template, once.
    pub const ALL: [Self; 6] = [
        Self::TicketCreated,
        Self::TicketAssigned,
        Self::TicketUpdated,
        Self::EmailVerification,
        Self::PasswordReset,
        Self::PasswordChanged,
    ];

    /// The name, as in `ticket_created`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TicketCreated => "ticket_created",
            Self::TicketAssigned => "ticket_assigned",
            Self::TicketUpdated => "ticket_updated",
            Self::EmailVerification => "email_verification",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
        }
    }

    /// Whether the recipient may do without it. What guards the account is sent always, even to a closed one.
    #[must_use]
    pub fn is_optional(self) -> bool {
        match self {
            Self::TicketCreated | Self::TicketAssigned | Self::TicketUpdated => true,
            Self::EmailVerification | Self::PasswordReset | Self::PasswordChanged => false,
        }
    }

    /// Whether its payload holds a secret, to be overwritten as soon as the delivery is settled.
    #[must_use]
    pub fn is_secret(self) -> bool {
        match self {
            Self::EmailVerification | Self::PasswordReset => true,
            Self::TicketCreated | Self::TicketAssigned | Self::TicketUpdated | Self::PasswordChanged => false,
        }
    }

    /// Which goes first when many wait: somebody sits in front of the screen for the high ones.
    #[must_use]
    pub fn priority(self) -> Priority {
        match self {
            Self::EmailVerification | Self::PasswordReset => Priority::High,
            Self::TicketCreated | Self::TicketAssigned | Self::TicketUpdated | Self::PasswordChanged => {
                Priority::Normal
            }
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no template of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no template `{0}`")]
pub struct UnknownTemplate(pub String);

impl FromStr for Template {
    type Err = UnknownTemplate;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|template| template.as_str() == name)
            .ok_or_else(|| UnknownTemplate(name.to_owned()))
    }
}
