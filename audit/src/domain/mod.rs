//! What an event becomes in the audit log, and what many are together. Nothing in here knows where events come from or where rows go.

mod alert_events;
mod auth_events;
mod entry;
mod file_events;
mod handlers;
mod line;
mod notification_events;
mod profile_events;
pub mod rules;
mod ticket_events;
mod words;

pub use entry::{AuditEntry, Origin, Unreadable};
pub use handlers::{EventHandler, HANDLERS, Resource};
pub use line::{FeedItem, LogFilter, LogLine, LogsQuery};
pub use words::{Action, ActionFault, ResourceType, ResourceTypeFault};
