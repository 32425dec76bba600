//! What is counted. Unlike the trail these rows are changed – added to – and can be dropped and counted anew.

use std::collections::BTreeMap;

use sea_orm::{
    ConnectionTrait, DbErr,
    sea_query::{Expr, OnConflict, Query},
};
use shared::{clock::Timestamp, db::Tx};

use super::ROWS;
use crate::domain::{Grain, Measure, Tally};

const COLUMNS: [&str; 10] =
    ["grain", "dimension", "starts_at", "name", "value", "count", "timed", "total_ms", "least_ms", "most_ms"];
/// Those that say what a row counts.
const KEY: usize = 5;
/// Adds these to what was counted before, by hour, day, week and month.
///
/// The portion is added up here, so that it becomes few rows, and they are written in one order, so that two who write at
/// the same time wait for each other and never in a circle.
pub async fn add(tx: &Tx, measures: &[Measure]) -> Result<(), DbErr> {
    let mut rows: BTreeMap<(Grain, &str, Timestamp, &str, &str), Tally> = BTreeMap::new();
    for measure in measures {
        let (dimension, value) =
            measure.dimension.as_ref().map_or(("", ""), |part| (part.aspect().as_str(), part.value()));
        for grain in Grain::ALL {
            let starts_at = grain.start(measure.hour);
            let row = rows.entry((grain, dimension, starts_at, &measure.name, value)).or_default();
            *row = row.and(measure.tally);
        }
    }
    let rows: Vec<_> = rows.into_iter().collect();
    for rows in rows.chunks(ROWS) {
        let mut insert = Query::insert();
        insert.into_table("metrics").columns(COLUMNS).on_conflict(adding());
        for ((grain, dimension, starts_at, name, value), tally) in rows {
            let durations = tally.durations.as_ref();
            insert.values_panic([
                grain.as_str().into(),
                (*dimension).into(),
                (*starts_at).into(),
                (*name).into(),
                (*value).into(),
                tally.count.into(),
                durations.map_or(0, |durations| durations.count).into(),
                durations.map_or(0, |durations| durations.total_ms).into(),
                durations.map(|durations| durations.least_ms).into(),
                durations.map(|durations| durations.most_ms).into(),
            ]);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// Forgets all that was counted, so that it can be counted anew.
pub async fn clear(tx: &Tx) -> Result<(), DbErr> {
    tx.run("DELETE FROM metrics", []).await.map(drop)
}

/// What becomes of a row that is there already.
fn adding() -> OnConflict {
    let sum = |column: &str| Expr::cust(format!("metrics.{column} + excluded.{column}"));
    // Neither database's own word for the smaller of two means the same in the other where one of them is null.
    let extreme = |column: &str, sign: &str| {
        Expr::cust(format!(
            "CASE WHEN metrics.{column} IS NULL OR excluded.{column} {sign} metrics.{column} \
             THEN excluded.{column} ELSE metrics.{column} END"
        ))
    };
    let mut adding = OnConflict::columns(COLUMNS.into_iter().take(KEY));
    adding.values(["count", "timed", "total_ms"].map(|column| (column, sum(column))));
    adding.values([("least_ms", extreme("least_ms", "<")), ("most_ms", extreme("most_ms", ">"))]);
    adding
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
