//! What goes over the wire.

mod input;
mod output;
mod statistics;

pub use input::{AssignIn, CommentIn, RemarkIn, StatusIn, TicketIn, TicketPatchIn};
pub use output::{AttachmentOut, CommentOut, ExportOut, HistoryOut, SlaExplainedOut, TicketOut};
pub use statistics::StatisticsOut;
