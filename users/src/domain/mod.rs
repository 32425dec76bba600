//! Domain decides: what a profile holds and how it may be edited. Pure; time comes in as an argument.

mod account;
mod activity;
mod change;
mod edit;
mod preferences;
mod profile;
mod values;

pub use account::Account;
pub use activity::{Activity, Deed};
pub use change::Change;
pub use edit::Edit;
pub use preferences::{Preferences, PreferencesFault};
pub use profile::{Profile, ProfilePatch};
pub use values::{Department, JobTitle, Name, Phone, TextFault};
