//! Which reports went out by mail.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use shared::{clock::Timestamp, db::Tx, ids::ReportId};
use uuid::Uuid;

use crate::domain::report::mailing::{Mail, Settled};

/// The last period of each report that has a row. What only another build knows is left out.
pub async fn settled_reports(conn: &impl ConnectionTrait) -> Result<Settled, DbErr> {
    let sql = "SELECT kind, period, starts_at FROM report_mails AS mine WHERE starts_at = \
               (SELECT max(starts_at) FROM report_mails AS any_of WHERE any_of.kind = mine.kind AND any_of.period = mine.period)";
    let rows = conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql)).await?;
    let read = |row: &QueryResult| -> Result<_, DbErr> {
        let (kind, period): (String, String) = (row.try_get("", "kind")?, row.try_get("", "period")?);
        let starts_at: Timestamp = row.try_get("", "starts_at")?;
        Ok(kind.parse().ok().zip(period.parse().ok()).map(|key| (key, starts_at)))
    };
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// Enters a period of a report: with the report that goes out, or with none. Whether this transaction did; otherwise another
/// has.
pub async fn settle_report(
    tx: &Tx,
    mail: &Mail,
    report: Option<ReportId>,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let insert = "INSERT INTO report_mails (kind, period, starts_at, report_id, entered_at) \
                  VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let (kind, period) = (mail.kind.as_str().into(), mail.period.as_str().into());
    let values = [kind, period, mail.span.from().into(), report.map(Uuid::from).into(), now.into()];
    Ok(tx.run(insert, values).await? == 1)
}
