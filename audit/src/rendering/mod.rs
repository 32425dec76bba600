//! What a report looks like: a table for machines, a page for people.

mod csv;
mod drawing;
mod html;
mod numbers;

pub use csv::csv;
pub use html::{Pages, RenderFault};
