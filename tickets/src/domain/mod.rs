//! Domain decides: what a ticket is, what may happen to it, and who may see it. Pure; time comes in as an argument.

mod change;
mod history;
mod listing;
mod number;
mod policy;
mod priority;
mod sla;
mod status;
mod ticket;
mod values;
mod words;

pub use change::Change;
pub use history::{Action, HistoryEntry};
pub use listing::{ListTickets, Place, SortKey, SortValue};
pub use number::TicketNumber;
pub use policy::Visibility;
pub use priority::Priority;
pub use sla::{Sla, Standing};
pub use status::Status;
pub use ticket::{OpenTicket, Ticket};
pub use values::{Category, Description, TextFault, Title};
pub use words::UnknownWord;
