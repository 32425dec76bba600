//! Decides: who is told what, when a failed attempt is repeated, what may stand in a mail. Pure.

mod address;
mod decision;
mod delivery;
mod digest;
mod field;
mod language;
mod notice;
mod notification;
mod preferences;
mod recipient;
mod retry;
pub mod telling;
#[cfg(test)]
mod telling_tests;
mod template;
mod text;
pub mod turns;
mod wording;

pub use address::MailAddress;
pub use decision::{Decision, decide};
pub use delivery::{Channel, Delivery, Order, Outcome, Priority, Settlement, Status, reason};
pub use digest::Rhythm;
pub use field::TicketField;
pub use language::Language;
pub use notice::{
    Alarm, Assignment, Collected, Collection, Moment, Move, Notice, Refusal, ReportFacts, RoleChange,
    SCRUBBED, SecretLink, TicketFacts, TicketLabel, TicketNews,
};
pub use notification::{Notification, Record, Search, Window};
pub use preferences::{NotOptional, Preferences};
pub use recipient::{News, Profile, Recipient};
pub use telling::{Audience, Telling};
pub use template::Template;
pub(crate) use template::every_template;
pub use text::{few_lines, one_line};
pub use wording::{Override, Overrides, Part, Wording, WordingFault};
