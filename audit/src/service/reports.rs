use chrono::TimeDelta;
use sea_orm::DbErr;
use shared::{clock::Timestamp, db::Db};

use super::App;
use crate::{
    Error,
    domain::{
        Bucket, Span,
        report::{Findings, Kind, Report},
    },
    rendering, store,
};

/// What a report is about when nobody says since when.
const LENGTH: TimeDelta = TimeDelta::days(30);

/// What makes a report what it is.
pub(super) type Asked = (Kind, Span, Bucket);

impl App {
    /// A report on a time; the last thirty days when nothing is said. It says when it was made, which may be a while ago.
    pub async fn report(
        &self,
        kind: Kind,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Report, Error> {
        let (span, bucket) = Span::of_report(from, to, LENGTH, self.clock.now())?;
        let make = self.report_on(&self.db, kind, span, bucket);
        Ok(self.reports.or_count((kind, span, bucket), make).await?)
    }

    /// A report on just this time, from one pool or the other.
    pub(super) async fn report_on(
        &self,
        db: &Db,
        kind: Kind,
        span: Span,
        bucket: Bucket,
    ) -> Result<Report, DbErr> {
        let outline = kind.outline();
        // One state of the database, so that the numbers of a report agree with each other.
        let db = db.read().await?;
        let totals = store::totals(&db, &span).await?;
        let names: Vec<_> = outline.lines.iter().map(|(_, name)| *name).collect();
        let course = store::course(&db, &span, bucket.grain(), &names, None).await?;
        let mut findings = Findings::new(span, bucket, totals).over_time(course);
        for (name, aspect, limit) in outline.parts {
            let parts = store::parts(&db, &span, name, *aspect, *limit).await?;
            findings = findings.apart(name, *aspect, parts);
        }
        Ok(Report::of(kind, &findings, self.clock.now()))
    }

    /// The report as a page, and what that page may do (`Content-Security-Policy`).
    pub fn page(&self, report: &Report) -> Result<(String, &str), Error> {
        Ok((self.pages.page(report)?, self.pages.policy()))
    }

    /// The report as a table for machines.
    pub fn table(&self, report: &Report) -> String {
        rendering::csv(report)
    }
}
