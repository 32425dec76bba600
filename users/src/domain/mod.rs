//! Domain decides: what a profile holds and how it may be edited. Pure; time comes in as an argument.

mod account;
mod activity;
mod change;
mod edit;
mod people;
mod person;
mod picture;
mod preferences;
mod profile;
mod stats;
mod values;

pub use account::Account;
pub use activity::{Activity, Deed, ListActivities, PastActivity};
pub use change::Change;
pub use edit::Edit;
pub use people::{ListPeople, Place, Search, SortKey, SortValue};
pub use person::{Known, Person};
pub use picture::{Picture, PictureFault};
pub use preferences::{Preferences, PreferencesFault};
pub use profile::{Profile, ProfilePatch};
pub use stats::{Stats, every_day, first_day};
pub use values::{Department, JobTitle, Name, Phone, PhoneFault};
