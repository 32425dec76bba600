//! What goes over the wire.

mod input;
mod output;
mod refusals;
mod statistics;

pub use input::{AssignIn, CommentIn, RemarkIn, StatusIn, TicketIn, TicketPatchIn};
pub use output::{AttachmentOut, CommentOut, ExportOut, HistoryOut, SlaExplainedOut, TicketOut};
pub use refusals::{ChangeRefusal, ListRefusal};
pub use statistics::StatisticsOut;
