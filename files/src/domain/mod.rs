//! What a file is, what it may be, and who may remove it. No I/O but reading bytes that are handed in.

mod avatar;
mod content;
mod file;
mod kind;
mod limits;
mod name;
mod scan;
mod side;

pub use avatar::{Avatar, Portrait, Sitter, admit_pixels, picture_kind};
pub use content::{Finding, Pixels, look, pixels, strip};
pub use file::{Change, File, FileError, TypeFault, Upload, declared_kind};
pub use kind::Kind;
pub use limits::{Limits, Usage};
pub use name::{FileName, NameFault};
pub use scan::Verdict;
pub use side::Side;

#[cfg(test)]
#[path = "../../tests/api/samples.rs"]
mod samples;
