//! Decides: who is told what, when a failed attempt is repeated, what may stand in a mail. Pure.

mod address;
mod decision;
mod delivery;
mod language;
mod notice;
mod notification;
mod preferences;
mod recipient;
mod retry;
mod template;
mod text;

pub use address::MailAddress;
pub use decision::{Decision, decide};
pub use delivery::{Channel, Delivery, Order, Outcome, Priority, Settlement, Status, reason};
pub use language::Language;
pub use notice::{Moment, Notice, SCRUBBED, SecretLink, TicketFacts};
pub use notification::{Notification, Window};
pub use preferences::{NotOptional, Preferences};
pub use recipient::{News, Profile, Recipient, Stamped};
pub use template::Template;
pub use text::one_line;
