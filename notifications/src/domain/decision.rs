use shared::events::{
    Event, FileDeleted, FileDownloaded, FileInfected, FileUploaded, NotificationFailed, NotificationSent,
    ReportReady, SecurityAlert, SessionRevoked, SlaAlert, TicketAssigned, TicketCommented, TicketCreated,
    TicketDeleted, TicketSlaBreached, TicketSlaWarning, TicketStatusChanged, TicketUpdated,
    UserAvatarChanged, UserDeleted, UserEmailVerified, UserLocked, UserLogin, UserLoginFailed, UserLogout,
    UserPasswordChanged, UserPasswordReset, UserProfileUpdated, UserRegistered, UserRoleChanged,
    UserStatusChanged,
};

/// What this service does on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A recipient with an address, who is welcomed.
    LearnAccount,
    /// The address is the proved one.
    LearnAddress,
    /// Another role, which its owner is told of.
    LearnRole,
    /// Open or closed.
    LearnStatus,
    /// Name and language.
    LearnProfile,
    /// Forget the person.
    Forget,
    /// Tell the requester that the ticket is there, and the agents that nobody has it.
    TellTicketCreated,
    /// Tell whoever has the ticket now.
    TellTicketAssigned,
    /// Tell the requester, and maybe the agent, of the ticket's new status.
    TellTicketMoved,
    /// Tell the requester what else is new about the ticket.
    TellTicketUpdated,
    /// Tell the requester and the agent what was written.
    TellTicketCommented,
    /// Tell the agent, or all, that a clock has nearly run out.
    TellSlaWarning,
    /// Tell the agent, or all, that a clock has run out.
    TellSlaBreached,
    /// Tell the uploader that the file was infected.
    TellFileRefused,
    /// Tell the owner that the password is another one, by whichever way it was set.
    TellPasswordChanged,
    /// Tell the administrators that a report is ready.
    TellReportReady,
    /// Nothing.
    Ignore,
}

/// The decision on an event type, or `None` for a type that this build has never heard of.
///
/// Every type of the system stands here; a test compares with `shared::events::ALL`, so that a new one is decided upon
/// and not forgotten.
#[must_use]
pub fn decide(event_type: &str) -> Option<Decision> {
    Some(match event_type {
        UserRegistered::TYPE => Decision::LearnAccount,
        UserEmailVerified::TYPE => Decision::LearnAddress,
        UserRoleChanged::TYPE => Decision::LearnRole,
        UserStatusChanged::TYPE => Decision::LearnStatus,
        UserProfileUpdated::TYPE => Decision::LearnProfile,
        UserDeleted::TYPE => Decision::Forget,
        TicketCreated::TYPE => Decision::TellTicketCreated,
        TicketAssigned::TYPE => Decision::TellTicketAssigned,
        TicketStatusChanged::TYPE => Decision::TellTicketMoved,
        TicketUpdated::TYPE => Decision::TellTicketUpdated,
        TicketCommented::TYPE => Decision::TellTicketCommented,
        UserPasswordChanged::TYPE | UserPasswordReset::TYPE => Decision::TellPasswordChanged,
        // Sessions are no news to their owner, and a lock is shown where it matters: at the login.
        UserLogin::TYPE
        | UserLoginFailed::TYPE
        | UserLogout::TYPE
        | UserLocked::TYPE
        | SessionRevoked::TYPE => Decision::Ignore,
        // No mail shows a picture.
        UserAvatarChanged::TYPE => Decision::Ignore,
        // Only its requester withdraws a ticket, and knows.
        TicketDeleted::TYPE => Decision::Ignore,
        TicketSlaWarning::TYPE => Decision::TellSlaWarning,
        TicketSlaBreached::TYPE => Decision::TellSlaBreached,
        FileInfected::TYPE => Decision::TellFileRefused,
        // Whoever sees the ticket sees its files.
        FileUploaded::TYPE | FileDownloaded::TYPE | FileDeleted::TYPE => Decision::Ignore,
        // Our own.
        NotificationSent::TYPE | NotificationFailed::TYPE => Decision::Ignore,
        // Administrators read them in the trail.
        SecurityAlert::TYPE | SlaAlert::TYPE => Decision::Ignore,
        ReportReady::TYPE => Decision::TellReportReady,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::decide;

    #[test]
    fn every_event_type_has_a_decision() {
        let undecided: Vec<_> =
            shared::events::ALL.iter().map(|kind| kind.name).filter(|name| decide(name).is_none()).collect();
        assert!(undecided.is_empty(), "decide on {undecided:?}");
        assert_eq!(decide("ticket.exploded"), None);
    }
}
