use chrono::TimeDelta;
use sea_orm::DbErr;

use super::App;
use crate::{
    Error,
    domain::{
        Bucket, Detail, Dimension, Metric, MetricName, Metrics, MetricsQuery, Span, Tally, aspects, series,
    },
    store,
};

/// What is shown when nobody says since when.
const LENGTH: TimeDelta = TimeDelta::days(7);
/// How many parts of a counter are told for each aspect of it.
const PARTS: u32 = 100;

/// What makes an answer what it is.
pub(super) type Asked = (Span, Bucket, Option<MetricName>, Option<Dimension>);

impl App {
    /// What was counted: all counters in short, or one bucket by bucket; as it was a while ago when it was asked for then.
    pub async fn metrics(&self, query: &MetricsQuery) -> Result<Metrics, Error> {
        if query.dimension.is_some() && query.name.is_none() {
            return Err(Error::DimensionOfNothing);
        }
        let asked = (query.from, query.to);
        let span = Span::by(query.bucket, asked, LENGTH, self.clock.now())?;
        let asked = (span, query.bucket, query.name.clone(), query.dimension.clone());
        Ok(self.metrics.or_count(asked, self.count(span, query)).await?)
    }

    async fn count(&self, span: Span, query: &MetricsQuery) -> Result<Metrics, DbErr> {
        let metrics = match &query.name {
            Some(name) => vec![self.metric(name.as_str(), &span, query).await?],
            None => {
                let short = |(name, total)| Metric { name, total, detail: None };
                store::totals(self.db.conn(), &span).await?.into_iter().map(short).collect()
            }
        };
        Ok(Metrics { span, bucket: query.bucket, metrics })
    }

    async fn metric(&self, name: &str, span: &Span, query: &MetricsQuery) -> Result<Metric, DbErr> {
        // One state of the database, so that the parts make up the whole.
        let db = self.db.read().await?;
        let part = query.dimension.as_ref();
        let course = store::course(&db, span, query.bucket.grain(), &[name], part).await?;
        let points = series(span, query.bucket, course.into_iter().map(|(_, at, tally)| (at, tally)));
        let total = points.iter().map(|point| point.tally).fold(Tally::default(), Tally::and);
        let mut parts = Vec::new();
        for aspect in aspects(name).iter().filter(|_| part.is_none()) {
            let found = store::parts(&db, span, name, *aspect, PARTS).await?;
            parts.extend(found.greatest.into_iter().map(|(value, count)| (aspect.of(&value), count)));
        }
        Ok(Metric { name: name.to_owned(), total, detail: Some(Detail { points, parts }) })
    }
}
