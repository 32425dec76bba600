use std::str::FromStr;

use sha2::{Digest, Sha256};
use shared::{
    clock::Timestamp,
    ids::{DeliveryId, EventId, UserId},
};

use super::{Notice, Template};

/// The way a delivery takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A mail.
    Email,
    /// The recipient's own list, `GET /notifications`.
    InApp,
    /// A text message, through the gateway.
    Sms,
    /// A push message, through the gateway.
    Push,
}

impl Channel {
    /// Every channel, once.
    pub const ALL: [Self; 4] = [Self::Email, Self::InApp, Self::Sms, Self::Push];

    /// The name, as in `in_app`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::InApp => "in_app",
            Self::Sms => "sms",
            Self::Push => "push",
        }
    }
}

impl FromStr for Channel {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.as_str() == name)
            .ok_or_else(|| format!("no channel `{name}`"))
    }
}

/// Which delivery goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits for it in front of the screen.
    High,
    /// The ordinary.
    Normal,
    /// May wait.
    Low,
}

impl Priority {
    /// Its place in the queue: the smaller goes first.
    #[must_use]
    pub fn rank(self) -> i16 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// To be sent, now or later.
    Pending,
    /// The mail server took it; an in-app one is sent as soon as it is written.
    Sent,
    /// Given up, with a reason.
    Failed,
    /// Not sent, because the recipient does not want it or is no longer there.
    Suppressed,
    /// Waits to go out together with others.
    Collected,
    /// Went out together with others, in another delivery.
    Digested,
}

impl Status {
    const ALL: [Self; 6] =
        [Self::Pending, Self::Sent, Self::Failed, Self::Suppressed, Self::Collected, Self::Digested];

    /// The name, as in `pending`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::Collected => "collected",
            Self::Digested => "digested",
        }
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == name)
            .ok_or_else(|| format!("no status `{name}`"))
    }
}

/// Why a delivery was given up or not begun, in the words that the ledger and `notification.failed` show.
pub mod reason {
    /// The link in it was worth nothing any more when its turn came.
    pub const EXPIRED: &str = "expired";
    /// The recipient's account has ended.
    pub const ERASED: &str = "recipient erased";
    /// The recipient's account is closed.
    pub const INACTIVE: &str = "recipient inactive";
    /// The recipient's preferences say so.
    pub const UNWANTED: &str = "switched off by the recipient";
    /// Nobody is told of what they did themselves.
    pub const OWN_ACT: &str = "did it themselves";
    /// It is for those who work tickets, and the recipient is none of them.
    pub const NOT_AN_AGENT: &str = "for agents only";
    /// It is for those who administer, and the recipient is none of them.
    pub const NOT_AN_ADMINISTRATOR: &str = "for administrators only";
    /// It goes out with others when the recipient's hour or day is over.
    pub const WAITS_FOR_OTHERS: &str = "waits for the digest";
    /// Nothing is known of the recipient yet; the delivery waits.
    pub const UNKNOWN_RECIPIENT: &str = "recipient not known yet";
}

/// A delivery as a consumer orders it: one per cause, recipient, channel and template.
#[derive(Clone, Debug)]
pub struct Order {
    /// The event or command that asked for it.
    pub cause: EventId,
    /// The request that it all began with.
    pub correlation_id: Option<String>,
    /// Who gets it.
    pub recipient: UserId,
    /// Which way.
    pub channel: Channel,
    /// Where to, when the order says so itself; else the projection knows at the time of sending.
    pub address: Option<String>,
    /// What it says.
    pub notice: Notice,
    /// Why it is not sent, for the ledger.
    pub withheld: Option<&'static str>,
}

impl Order {
    /// The id of the delivery, which follows from what it is one of: who orders it again with nothing remembered of the first
    /// time – the database was restored, and the event came anew – gets the same `Message-ID`. It begins with the cause's time.
    #[must_use]
    pub fn id(&self) -> DeliveryId {
        let mut hash = Sha256::new();
        hash.update(self.cause.0);
        hash.update(self.recipient.0);
        hash.update([self.channel.as_str(), self.notice.template().as_str()].join(" "));
        let mut rest = [0; 10];
        rest.copy_from_slice(&hash.finalize()[..10]);
        let [a, b, c, d, e, f, ..] = *self.cause.0.as_bytes();
        let millis = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        DeliveryId(uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
    }
}

/// A delivery that a worker has claimed.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The delivery; its `Message-ID` is made of it.
    pub id: DeliveryId,
    /// The event or command that asked for it.
    pub cause: EventId,
    /// The request that it all began with.
    pub correlation_id: Option<String>,
    /// Who gets it.
    pub recipient: UserId,
    /// Which way.
    pub channel: Channel,
    /// What kind of message.
    pub template: Template,
    /// What it says, as stored.
    pub payload: String,
    /// Where to, when the order said so itself.
    pub address: Option<String>,
    /// How many attempts have failed.
    pub attempts: i32,
    /// Which claim this is: only the last claimant may settle the delivery.
    pub claim: i64,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it becomes worthless.
    pub expires_at: Option<Timestamp>,
}

/// How an attempt ended, or why there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mail server took it.
    Accepted,
    /// It may work later: no connection, a refusal for now.
    Passing(String),
    /// The mail server will never take it.
    Refused(String),
    /// It cannot be sent at all, or need not any more; this was no attempt.
    Unsendable(String),
    /// Nobody is to be told.
    Unwanted(&'static str),
    /// It goes out with others, then.
    Collect(Timestamp),
    /// The recipient is not known yet; this was no attempt.
    UnknownRecipient,
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The status from now on.
    pub status: Status,
    /// Failed attempts, this one included.
    pub attempts: i32,
    /// When to look at it again, while it is pending.
    pub next_attempt_at: Timestamp,
    /// Why, unless all is well.
    pub reason: Option<String>,
}

impl Delivery {
    /// What it says.
    ///
    /// # Errors
    /// When the facts were overwritten, or are of another shape.
    pub fn notice(&self) -> Result<Notice, serde_json::Error> {
        Notice::read(self.template, &self.payload)
    }

    /// Of whom something must be known to send it: who gets it, and whom it names.
    pub fn people(&self) -> impl Iterator<Item = UserId> {
        let named = self.notice().ok().and_then(|notice| notice.names());
        [Some(self.recipient), named].into_iter().flatten()
    }

    /// Whether it is worthless by now.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Decides what becomes of it.
    #[must_use]
    pub fn settle(&self, outcome: Outcome, now: Timestamp) -> Settlement {
        let settled =
            |status, attempts, reason| Settlement { status, attempts, next_attempt_at: now, reason };
        match outcome {
            Outcome::Accepted => settled(Status::Sent, self.attempts, None),
            Outcome::Refused(why) => settled(Status::Failed, self.attempts + 1, Some(why)),
            Outcome::Unsendable(why) => settled(Status::Failed, self.attempts, Some(why)),
            Outcome::Unwanted(why) => settled(Status::Suppressed, self.attempts, Some(why.to_owned())),
            Outcome::Collect(until) => Settlement {
                next_attempt_at: until,
                ..settled(Status::Collected, self.attempts, Some(reason::WAITS_FOR_OTHERS.to_owned()))
            },
            Outcome::UnknownRecipient => Settlement {
                next_attempt_at: super::retry::next_look(self.created_at, now),
                ..settled(Status::Pending, self.attempts, Some(reason::UNKNOWN_RECIPIENT.to_owned()))
            },
            Outcome::Passing(why) => {
                let attempts = self.attempts + 1;
                match super::retry::next_attempt(attempts, now, self.expires_at) {
                    Some(at) => {
                        Settlement { next_attempt_at: at, ..settled(Status::Pending, attempts, Some(why)) }
                    }
                    None => settled(Status::Failed, attempts, Some(why)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};
    use shared::ids::{DeliveryId, EventId, UserId};
    use uuid::Uuid;

    use super::{Channel, Delivery, Order, Outcome, Status, reason};
    use crate::domain::{Collection, Notice, Template};

    fn delivery(attempts: i32) -> Delivery {
        Delivery {
            id: DeliveryId::from(Uuid::nil()),
            cause: EventId::from(Uuid::nil()),
            correlation_id: None,
            recipient: UserId::from(Uuid::nil()),
            channel: Channel::Email,
            template: Template::PasswordReset,
            payload: "{}".into(),
            address: None,
            attempts,
            claim: 1,
            created_at: Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap(),
            expires_at: None,
        }
    }

    fn order(cause: u128, recipient: u128, channel: Channel) -> Order {
        Order {
            cause: EventId::from(Uuid::from_u128(cause)),
            correlation_id: None,
            recipient: UserId::from(Uuid::from_u128(recipient)),
            channel,
            address: None,
            notice: Notice::Digest(Collection { items: Vec::new(), count: 0 }),
            withheld: None,
        }
    }

    #[test]
    fn what_is_ordered_again_is_the_same_delivery_and_nothing_else_is() {
        let cause = Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap().as_u128();
        let id = order(cause, 1, Channel::Email).id();
        assert_eq!(order(cause, 1, Channel::Email).id(), id);
        assert_eq!((id.0.get_version_num(), &id.0.as_bytes()[..6]), (7, &cause.to_be_bytes()[..6]));
        for other in [
            order(cause + 1, 1, Channel::Email),
            order(cause, 2, Channel::Email),
            order(cause, 1, Channel::InApp),
        ] {
            assert_ne!(other.id(), id);
        }
    }

    #[test]
    fn each_outcome_has_its_settlement() {
        let now = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 10).unwrap();
        let away = || Outcome::Passing("connection refused".into());
        for (before, outcome, status, attempts, wait) in [
            (0, Outcome::Accepted, Status::Sent, 0, 0),
            (3, Outcome::Accepted, Status::Sent, 3, 0),
            (0, away(), Status::Pending, 1, 5),
            (5, away(), Status::Pending, 6, 36_000),
            (6, away(), Status::Failed, 7, 0),
            (0, Outcome::Refused("550 no such user".into()), Status::Failed, 1, 0),
            (2, Outcome::Unsendable(reason::EXPIRED.into()), Status::Failed, 2, 0),
            (0, Outcome::Unwanted(reason::ERASED), Status::Suppressed, 0, 0),
            (0, Outcome::UnknownRecipient, Status::Pending, 0, 10),
            (1, Outcome::Collect(now + Duration::seconds(600)), Status::Collected, 1, 600),
        ] {
            let settlement = delivery(before).settle(outcome.clone(), now);
            assert_eq!(settlement.status, status, "{outcome:?}");
            assert_eq!(settlement.attempts, attempts, "{outcome:?}");
            assert_eq!(settlement.next_attempt_at - now, Duration::seconds(wait), "{outcome:?}");
        }
    }

    #[test]
    fn a_delivery_expires_at_the_very_moment() {
        let end = Utc.with_ymd_and_hms(2026, 1, 1, 0, 30, 0).unwrap();
        let expiring = Delivery { expires_at: Some(end), ..delivery(0) };
        assert!(!expiring.is_expired(end - Duration::microseconds(1)));
        assert!(expiring.is_expired(end));
        assert!(!delivery(0).is_expired(end));
    }
}
