//! What an event becomes in the trail, how the trail is trusted, what is counted, and what many are together. Nothing in here
//! knows where events come from or where rows go.

mod alert_events;
mod archive;
mod arrivals;
mod auth_events;
mod bucket;
mod chain;
mod checkpoint;
mod counters;
mod derived;
mod document;
mod draft;
mod entry;
mod export;
mod file_events;
mod handlers;
mod holes;
mod line;
mod metrics;
mod notification_events;
mod personal;
mod profile_events;
mod remembered;
pub mod report;
mod report_events;
pub mod rules;
mod search;
mod series;
mod span;
mod standing;
mod ticket_events;
mod verify;
mod words;

pub use archive::{Archive, Contents, check_archives, month_to_put_away};
pub use arrivals::Arrivals;
pub use bucket::{Bucket, Grain};
pub use chain::{Hash, HashFault, Link, hash};
pub use checkpoint::{Checkpoint, PublicKey, PublicKeyFault, Signer};
pub use counters::{COUNTERS, Counter, EVENTS, aspects};
pub use derived::{Derived, DerivedFault, Rebuild};
pub use document::Document;
pub use draft::Draft;
pub use entry::{AuditEntry, Facts, Origin, Unreadable};
pub use export::{ExportFault, ExportLine, ExportVerifier, Verified};
pub use holes::{Holes, Reading};
pub use line::{FeedItem, LogFilter, LogLine, LogsQuery};
pub use metrics::{
    Aspect, Dimension, DimensionFault, Durations, Measure, MetricName, MetricNameFault, Tally, measures,
};
pub use personal::{Unopened, WITHHELD, Withheld};
pub use remembered::{Remembered, RememberedFault};
pub use search::{Found, Search, SearchFault, SearchOrder, SearchQuery, Term};
pub use series::{Detail, Metric, Metrics, MetricsQuery, Parts, Point, series};
pub use span::{Piece, Span, SpanFault};
pub use standing::{Standing, StandingFault};
pub use verify::{Tampering, Verifier};
pub use words::{Action, ActionFault, ResourceType, ResourceTypeFault};
