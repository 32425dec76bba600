use std::{fmt, str::FromStr};

use super::Priority;

/// Hands the one list of all templates to a macro: what each is, what it is called here, and what it is called by the API, the
/// events and the files under `templates/`.
macro_rules! every_template {
    ($macro:ident) => {
        $macro! {
            /// To the requester: the ticket is there.
            TicketCreated "ticket_created";
            /// To the agents: a ticket that nobody has.
            TicketUnassigned "ticket_unassigned";
            /// To the agent who has it now: a ticket to work on.
            TicketAssigned "ticket_assigned";
            /// To the requester: something about the ticket changed.
            TicketUpdated "ticket_updated";
            /// To the requester and the agent: somebody wrote.
            TicketCommented "ticket_commented";
            /// To the requester: it is done.
            TicketResolved "ticket_resolved";
            /// To the requester and the agent: it is over.
            TicketClosed "ticket_closed";
            /// To the requester and the agent: it is not over after all.
            TicketReopened "ticket_reopened";
            /// To the agent, or all where there is none: a clock has nearly run out.
            SlaWarning "sla_warning";
            /// To the agent, or all where there is none: a clock has run out.
            SlaBreach "sla_breach";
            /// To the uploader: the file was infected.
            FileRefused "file_refused";
            /// To whoever has just joined.
            Welcome "welcome";
            /// The link that proves an address.
            EmailVerification "email_verification";
            /// The link that sets a new password.
            PasswordReset "password_reset";
            /// The password is another one now.
            PasswordChanged "password_changed";
            /// One may do more, or less, from now on.
            RoleChanged "role_changed";
            /// To the administrators: the figures of a day, a week or a month.
            ReportReady "report_ready";
            /// What came together since the last one.
            Digest "digest";
        }
    };
}
pub(crate) use every_template;

macro_rules! templates {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// A kind of message; the name is what the API, the events and the files under `templates/` call it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Template {
            $($(#[$doc])* $variant,)*
        }

        impl Template {
            /// Every template, once.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name, as in `ticket_created`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

every_template!(templates);

impl Template {
    /// Whether the recipient may do without it.
    #[must_use]
    pub fn is_optional(self) -> bool {
        !self.guards_the_account() && !matches!(self, Self::Welcome | Self::Digest)
    }

    /// Whether it may go out with others, later, to those who want that. A clock that runs out waits for nobody.
    #[must_use]
    pub fn may_wait(self) -> bool {
        self.is_optional() && !matches!(self, Self::SlaWarning | Self::SlaBreach)
    }

    /// What guards the account is sent always, even to a closed one.
    #[must_use]
    pub fn guards_the_account(self) -> bool {
        matches!(
            self,
            Self::EmailVerification | Self::PasswordReset | Self::PasswordChanged | Self::RoleChanged
        )
    }

    /// Whether its payload holds a secret, to be overwritten as soon as the delivery is settled.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(self, Self::EmailVerification | Self::PasswordReset)
    }

    /// Which goes first when many wait: somebody sits in front of the screen for the high ones.
    #[must_use]
    pub fn priority(self) -> Priority {
        match self {
            Self::EmailVerification | Self::PasswordReset => Priority::High,
            Self::Welcome | Self::ReportReady | Self::Digest => Priority::Low,
            _ => Priority::Normal,
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
            .iter()
            .copied()
            .find(|template| template.as_str() == name)
            .ok_or_else(|| UnknownTemplate(name.to_owned()))
    }
}
