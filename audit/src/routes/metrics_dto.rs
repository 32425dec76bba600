use serde::{Deserialize, Serialize};
use shared::http::When;
use utoipa::{IntoParams, ToSchema};

use crate::domain::{Bucket, Dimension, Durations, Metric, MetricName, Metrics, MetricsQuery, Point};

/// What to count by.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BucketName {
    /// A whole hour.
    Hour,
    /// A calendar day.
    #[default]
    Day,
    /// Seven days from Monday on.
    Week,
}

/// Which counters to show, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct MetricsParams {
    /// This counter, bucket by bucket. Without it, all of them with their totals.
    #[param(value_type = Option<String>, max_length = 64, example = "tickets_created")]
    name: Option<MetricName>,
    /// Only this part of the counter.
    #[param(value_type = Option<String>, max_length = 210, example = "priority=HIGH")]
    dimension: Option<Dimension>,
    /// From the bucket on that this lies in; seven days before `to` unless given.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<When>,
    /// To the end of the bucket that this lies in; a bucket that begins then is not in it. Now unless given.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<When>,
    /// By what to count; `day` unless given. By the hour 31 days can be seen at once, by the day 731, by the week 3,660.
    #[param(inline)]
    bucket: Option<BucketName>,
}

impl From<BucketName> for Bucket {
    fn from(name: BucketName) -> Self {
        match name {
            BucketName::Hour => Self::Hour,
            BucketName::Day => Self::Day,
            BucketName::Week => Self::Week,
        }
    }
}

impl From<Bucket> for BucketName {
    fn from(bucket: Bucket) -> Self {
        match bucket {
            Bucket::Hour => Self::Hour,
            Bucket::Day => Self::Day,
            Bucket::Week => Self::Week,
        }
    }
}

impl From<MetricsParams> for MetricsQuery {
    fn from(params: MetricsParams) -> Self {
        Self {
            name: params.name,
            dimension: params.dimension,
            from: params.from.map(|when| when.0),
            to: params.to.map(|when| when.0),
            bucket: params.bucket.unwrap_or_default().into(),
        }
    }
}

/// What was counted over a time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricsOut {
    /// The beginning of the first bucket.
    from: When,
    /// The end of the last one.
    to: When,
    /// What it is counted by.
    bucket: BucketName,
    /// The counters, by name. A counter that nothing was ever counted under is only there when it was asked for.
    metrics: Vec<MetricOut>,
}

/// A counter.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MetricOut {
    /// Its name.
    #[schema(example = "tickets_created")]
    name: String,
    /// How often it happened.
    count: i64,
    /// How long it took, of those whose beginning is known; null when there are none.
    duration: Option<DurationOut>,
    /// Every bucket in order, the empty ones too; only of a counter asked for by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<Vec<PointOut>>,
    /// Its parts, the greatest of each aspect first; only of a counter asked for by its name. None when one part was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartOut>>,
}

/// A bucket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointOut {
    /// Its beginning.
    at: When,
    /// How often it happened.
    count: i64,
    /// How long it took.
    duration: Option<DurationOut>,
}

/// A part of a counter.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartOut {
    /// Which, in the form that `dimension` takes.
    #[schema(example = "priority=HIGH")]
    dimension: String,
    /// How often it happened.
    count: i64,
}

/// Lengths of time, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DurationOut {
    /// How many they are.
    count: i64,
    /// All of them together.
    total_ms: i64,
    /// The mean, cut to the millisecond.
    mean_ms: i64,
    /// The shortest.
    min_ms: i64,
    /// The longest.
    max_ms: i64,
}

impl From<Metrics> for MetricsOut {
    fn from(metrics: Metrics) -> Self {
        Self {
            from: When(metrics.span.from()),
            to: When(metrics.span.to()),
            bucket: metrics.bucket.into(),
            metrics: metrics.metrics.into_iter().map(MetricOut::from).collect(),
        }
    }
}

impl From<Metric> for MetricOut {
    fn from(metric: Metric) -> Self {
        let (mut points, mut parts) = (None, None);
        if let Some(detail) = metric.detail {
            points = Some(detail.points.into_iter().map(PointOut::from).collect());
            let part =
                |(dimension, count): (Dimension, i64)| PartOut { dimension: dimension.to_string(), count };
            parts = Some(detail.parts.into_iter().map(part).collect());
        }
        let duration = metric.total.durations.map(DurationOut::from);
        Self { name: metric.name, count: metric.total.count, duration, points, parts }
    }
}

impl From<Point> for PointOut {
    fn from(point: Point) -> Self {
        let duration = point.tally.durations.map(DurationOut::from);
        Self { at: When(point.at), count: point.tally.count, duration }
    }
}

impl From<Durations> for DurationOut {
    fn from(durations: Durations) -> Self {
        Self {
            count: durations.count,
            total_ms: durations.total_ms,
            mean_ms: durations.mean_ms(),
            min_ms: durations.least_ms,
            max_ms: durations.most_ms,
        }
    }
}
