//! What comes in and goes out over HTTP.

mod export;
mod ledger;
mod list;
mod preferences;
mod templates;

pub use export::ExportOut;
pub use ledger::{EntryOut, LedgerFilter};
pub use list::{NotificationFilter, NotificationOut, UnreadCount};
pub use preferences::{PreferencesIn, PreferencesOut};
pub use templates::{PreviewIn, PreviewOut, TemplateIn, TemplateOut, TemplatesOut};
