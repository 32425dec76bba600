//! What an event becomes in the audit log, and what is counted. Nothing in here knows where events come from or where rows go.

mod auth_events;
mod bucket;
mod counters;
mod entry;
mod file_events;
mod handlers;
mod line;
mod metrics;
mod notification_events;
mod profile_events;
pub mod report;
mod series;
mod span;
mod ticket_events;
mod words;

pub use bucket::{Bucket, Grain};
pub use counters::{COUNTERS, Counter, aspects};
pub use entry::{AuditEntry, Origin, Unreadable};
pub use handlers::{EventHandler, HANDLERS, Resource};
pub use line::{FeedItem, LogFilter, LogLine, LogsQuery};
pub use metrics::{
    Aspect, Dimension, DimensionFault, Durations, Measure, MetricName, MetricNameFault, Tally, measures,
};
pub use series::{Detail, Metric, Metrics, MetricsQuery, Parts, Point, series};
pub use span::{Piece, Span, SpanFault};
pub use words::{Action, ActionFault, ResourceType, ResourceTypeFault};
