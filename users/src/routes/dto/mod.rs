//! Bodies as they travel.

mod input;
mod output;

pub use input::*;
pub use output::*;
