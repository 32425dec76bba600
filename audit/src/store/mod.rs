//! Store remembers: the trail, its head, its checkpoints, the keys of persons, which numbers have arrived, what was counted. No
//! statement in here changes a row of the trail, and none deletes one that is not in an archive. What the rules count is no record, and is forgotten.

use chrono::DateTime;
use shared::clock::Timestamp;

mod append;
mod archives;
pub mod arrivals;
mod former;
mod head;
mod keys;
pub mod metrics;
mod read;
mod rebuilds;
mod report_mails;
mod rules;
mod search;
pub mod standings;
mod sums;
mod trail;

pub use append::{append, make_partition};
pub use archives::{archive_at, archives, do_not_wait, keep_still, last_before, oldest, put_away};
pub use former::{forget_former, former_events};
pub use head::{checkpoint_at, checkpoints, found, head, keep_checkpoint, lock_head, move_head, retained};
pub use keys::{Seals, destroy, seals, seals_for_all};
pub use read::{feed, line, lines, lines_on, links, links_at};
pub use rebuilds::{move_rebuild, open_rebuild, rebuilds, request_rebuild};
pub use report_mails::{settle_report, settled_reports};
pub use rules::{busy, enter, finding, forget_older, moments, speak_of, spoken_of, sweep};
pub use search::{Indexed, SearchIndex};
pub use sums::{course, parts, totals};

/// No event is older: the year 1.
const BEGINNING: Timestamp = DateTime::from_timestamp(-62_135_596_800, 0).expect("it is a year");

/// Rows per statement: both databases bound the number of values that one may carry.
const ROWS: usize = 500;
