//! What is counted. Unlike the trail these rows are changed – added to – and can be dropped and counted anew.

use std::collections::{BTreeMap, HashMap};

use sea_orm::DbErr;
use shared::{clock::Timestamp, db::Tx, rows::Insert};

use super::standings;
use crate::domain::{Grain, Measure, Tally};

const ADD: Insert<10> = Insert {
    into: "metrics",
    columns: [
        ("grain", "varchar"),
        ("dimension", "varchar"),
        ("starts_at", "timestamptz"),
        ("name", "varchar"),
        ("value", "varchar"),
        ("count", "bigint"),
        ("timed", "bigint"),
        ("total_ms", "bigint"),
        ("least_ms", "bigint"),
        ("most_ms", "bigint"),
    ],
    // Neither database's own word for the smaller of two means the same in the other where one of them is null.
    then: "ON CONFLICT (grain, dimension, starts_at, name, value) DO UPDATE SET \
           count = metrics.count + excluded.count, timed = metrics.timed + excluded.timed, \
           total_ms = metrics.total_ms + excluded.total_ms, \
           least_ms = CASE WHEN metrics.least_ms IS NULL OR excluded.least_ms < metrics.least_ms \
           THEN excluded.least_ms ELSE metrics.least_ms END, \
           most_ms = CASE WHEN metrics.most_ms IS NULL OR excluded.most_ms > metrics.most_ms \
           THEN excluded.most_ms ELSE metrics.most_ms END",
};

/// Adds these to what was counted before, by hour, day, week and month.
///
/// The portion is added up here, so that it becomes few rows, and they are written in one order, so that two who write at
/// the same time wait for each other and never in a circle.
pub fn add<'a>(tx: &'a Tx, measures: &[Measure]) -> impl Future<Output = Result<(), DbErr>> + use<'a> {
    let mut hours: HashMap<(&str, Timestamp, &str, &str), Tally> = HashMap::new();
    for measure in measures {
        let (dimension, value) =
            measure.dimension.as_ref().map_or(("", ""), |part| (part.aspect().as_str(), part.value()));
        let sum = hours.entry((dimension, measure.hour, &measure.name, value)).or_default();
        *sum = sum.and(measure.tally);
    }
    let mut rows: BTreeMap<(Grain, &str, Timestamp, &str, &str), Tally> = BTreeMap::new();
    for ((dimension, hour, name, value), tally) in hours {
        for grain in Grain::ALL {
            let sum = rows.entry((grain, dimension, grain.start(hour), name, value)).or_default();
            *sum = sum.and(tally);
        }
    }
    let row = |((grain, dimension, starts_at, name, value), tally): ((Grain, &str, _, &str, &str), Tally)| {
        let durations = tally.durations.as_ref();
        [
            grain.as_str().into(),
            dimension.into(),
            Timestamp::into(starts_at),
            name.into(),
            value.into(),
            tally.count.into(),
            durations.map_or(0, |durations| durations.count).into(),
            durations.map_or(0, |durations| durations.total_ms).into(),
            durations.map(|durations| durations.least_ms).into(),
            durations.map(|durations| durations.most_ms).into(),
        ]
    };
    let rows = ADD.run(tx, rows.into_iter().map(row).collect());
    let make_way = standings::make_way(tx, measures);
    async move {
        make_way.await?;
        rows.await
    }
}

/// Forgets all that was counted, so that it can be counted anew.
pub async fn clear(tx: &Tx) -> Result<(), DbErr> {
    standings::forget_all(tx).await?;
    tx.run("DELETE FROM metrics", []).await.map(drop)
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
