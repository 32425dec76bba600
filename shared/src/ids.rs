//! Typed identifiers: a `TicketId` cannot be handed over where a `UserId` is wanted.
//!
//! All are UUIDs of version 7 (RFC 9562): they begin with their time, so they sort and index by age.

use std::fmt;
use std::str::FromStr;

use rand::RngCore;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::{Builder, Uuid};

use crate::clock::Timestamp;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id that carries `now`.
            pub fn at(now: Timestamp) -> Self {
                Self(uuid_at(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }
    )+};
}

id! {
    /// An account, the same in all six services.
    UserId,
    /// One sign-in of one user, alive until logout or expiry.
    SessionId,
    /// One refresh token of a session.
    RefreshTokenId,
    /// A token sent by mail, good for one use.
    OneTimeTokenId,
    /// A user's profile (the row; the user is a [`UserId`]).
    ProfileId,
    /// Something a user did, as the users service remembers it.
    ActivityId,
    /// A ticket.
    TicketId,
    /// A comment on a ticket.
    CommentId,
    /// A line of a ticket's history.
    HistoryId,
    /// The link from a ticket to a file.
    AttachmentId,
    /// A file.
    FileId,
    /// One access to a file.
    FileAccessId,
    /// An event or a command, and its message's id.
    EventId,
    /// One message to one recipient over one channel.
    DeliveryId,
    /// A row of the audit log.
    AuditLogId,
    /// What a rule of the audit made of many events.
    AlertId,
    /// One telling of a report that is ready.
    ReportId,
    /// An event that a consumer gave up on.
    FailedEventId,
    /// A relay that may hold the lease of its database.
    LeaseId,
}

/// A UUIDv7 at `now`: milliseconds, then the microseconds within them as a 12-bit fraction (RFC 9562 § 6.2,
/// method 3), then 62 random bits. Two ids of one process made in order sort in order, down to the microsecond.
pub fn uuid_at(now: Timestamp) -> Uuid {
    let micros = u64::try_from(now.timestamp_micros()).unwrap_or(0);
    let fraction = ((micros % 1000) * 4096 / 1000) as u16;
    let mut rest = [0u8; 10];
    rand::rng().fill_bytes(&mut rest[2..]);
    rest[..2].copy_from_slice(&fraction.to_be_bytes());
    Builder::from_unix_timestamp_millis(micros / 1000, &rest).into_uuid()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_by_their_time_to_the_microsecond() {
        let start: Timestamp = "2026-03-01T08:00:00Z".parse().unwrap();
        let ids: Vec<TicketId> = (0..2500).map(|n| TicketId::at(start + Duration::microseconds(n))).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| id.0.get_version_num() == 7));
        let (seconds, _) = ids[0].0.get_timestamp().unwrap().to_unix();
        assert_eq!(seconds as i64, start.timestamp());
    }

    #[test]
    fn ids_of_one_moment_differ() {
        let now = "2026-03-01T08:00:00Z".parse().unwrap();
        assert_ne!(EventId::at(now), EventId::at(now));
    }

    #[test]
    fn an_id_is_its_uuid_in_json_and_as_text() {
        let id: UserId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        assert!("nonsense".parse::<UserId>().is_err());
    }
}
