//! What many events are together: a burst of failures, a crowd of addresses, a flood of downloads, a decay. A rule says
//! which events concern it and under which key they are counted; how many within which time are too many is configured.

mod alert;
mod entry;
mod rule;
mod span;
mod window;

pub use alert::{Finding, MOST_NAMED};
pub use entry::{Entry, Subject};
pub use rule::{Measure, Rule, RuleName, Rules};
pub use window::Moment;
