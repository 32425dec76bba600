//! What the rules remember: the events that concern them, for as long as those may still be counted, and the windows for
//! which they have raised an alert.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use chrono::DateTime;
use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait, Value,
    sea_query::{Expr, Query},
};
use shared::{
    clock::Timestamp,
    db::Tx,
    ids::{AlertId, EventId},
    rows::Insert,
};
use uuid::Uuid;

use super::ROWS;
use crate::domain::rules::{Entry, Finding, MOST_NAMED, Measure, RuleName, Rules};

const ENTER: Insert<6> = Insert {
    into: "rule_events",
    columns: [
        ("rule", "varchar"),
        ("key", "text"),
        ("at_micros", "bigint"),
        ("event_id", "uuid"),
        ("value", "text"),
        ("is_hit", "boolean"),
    ],
    then: "ON CONFLICT DO NOTHING",
};

/// Enters what events are to the rules.
pub async fn enter(tx: &Tx, entries: &[Entry]) -> Result<(), DbErr> {
    let row = |entry: &Entry| {
        [
            entry.rule().name.as_str().into(),
            entry.key().into(),
            entry.at().into(),
            Uuid::from(entry.event_id()).into(),
            entry.value().into(),
            entry.is_hit().into(),
        ]
    };
    ENTER.run(tx, entries.iter().map(row).collect()).await
}

/// Under which keys of these entries there may be as much as raises an alert: so many entries as that takes, whenever they
/// were. Most keys have few, and of those nothing more needs to be asked.
pub async fn busy(tx: &Tx, entries: &[Entry]) -> Result<BTreeSet<(RuleName, String)>, DbErr> {
    let rules: BTreeMap<_, _> =
        entries.iter().map(|entry| (entry.rule().name.as_str(), entry.rule())).collect();
    let mut busy = BTreeSet::new();
    for (name, rule) in rules {
        let keys: BTreeSet<_> =
            entries.iter().filter(|it| it.rule().name == rule.name && it.is_hit()).map(Entry::key).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        for keys in keys.chunks(ROWS) {
            let mut select = Query::select();
            select
                .column("key")
                .from("rule_events")
                .and_where(Expr::col("rule").eq(name))
                .and_where(Expr::col("key").is_in(keys.iter().copied()))
                .group_by_col("key")
                .and_having(Expr::cust("count(*)").gte(i64::from(rule.measure.least())));
            for row in tx.query_all(&select).await? {
                busy.insert((rule.name, row.try_get("", "key")?));
            }
        }
    }
    Ok(busy)
}

/// Forgets what lies under the key of an entry and is too old to be counted with it. So a flood of events leaves no more
/// behind than what falls into a few windows.
pub async fn forget_older(tx: &Tx, entry: &Entry) -> Result<(), DbErr> {
    let before = entry.at() - entry.rule().kept_micros();
    let delete = "DELETE FROM rule_events WHERE rule = $1 AND key = $2 AND at_micros < $3";
    tx.run(delete, [entry.rule().name.as_str().into(), entry.key().into(), before.into()]).await.map(drop)
}

/// The windows about the key of an entry that an alert has spoken of, by their ends; those that overlap one that ends then.
pub async fn spoken_of(tx: &Tx, entry: &Entry, ends: &RangeInclusive<i64>) -> Result<Vec<i64>, DbErr> {
    let window = entry.rule().window_micros();
    let rows = tx
        .rows(
            "SELECT at_micros FROM alerts WHERE rule = $1 AND key = $2 AND at_micros > $3 AND at_micros < $4",
            [
                entry.rule().name.as_str().into(),
                entry.key().into(),
                (ends.start() - window).into(),
                (ends.end() + window).into(),
            ],
        )
        .await?;
    rows.iter().map(|row| row.try_get("", "at_micros")).collect()
}

/// The end of the first window that holds too much, of those that end so.
pub async fn overflowing(tx: &Tx, entry: &Entry, ends: RangeInclusive<i64>) -> Result<Option<i64>, DbErr> {
    let (values, hits) = ("count(DISTINCT w.value)", "count(DISTINCT CASE WHEN w.is_hit THEN w.value END)");
    let too_much = match entry.rule().measure {
        Measure::Events(count) => format!("count(CASE WHEN w.is_hit THEN 1 END) >= {count}"),
        Measure::Values(count) => format!("{hits} >= {count}"),
        Measure::Share { percent, minimum } => {
            format!("{values} >= {minimum} AND {hits} * 100 >= {values} * {percent}")
        }
    };
    // The inner question is asked for each end in its order until one says yes; in order of time there is one.
    let select = format!(
        "SELECT e.at_micros FROM rule_events e \
         WHERE e.rule = $1 AND e.key = $2 AND e.at_micros >= $3 AND e.at_micros <= $4 AND \
         (SELECT {too_much} FROM rule_events w WHERE w.rule = $1 AND w.key = $2 \
          AND w.at_micros > e.at_micros - $5 AND w.at_micros <= e.at_micros) \
         ORDER BY e.at_micros LIMIT 1"
    );
    let rows = tx
        .rows(
            &select,
            [
                entry.rule().name.as_str().into(),
                entry.key().into(),
                (*ends.start()).into(),
                (*ends.end()).into(),
                entry.rule().window_micros().into(),
            ],
        )
        .await?;
    rows.first().map(|row| row.try_get("", "at_micros")).transpose()
}

/// What the window that ends then holds.
pub async fn finding(tx: &Tx, entry: &Entry, end: i64) -> Result<Finding, DbErr> {
    let window: [Value; 4] = [
        entry.rule().name.as_str().into(),
        entry.key().into(),
        (end - entry.rule().window_micros()).into(),
        end.into(),
    ];
    let counts = "SELECT count(CASE WHEN is_hit THEN 1 END) AS events, \
                  count(DISTINCT CASE WHEN is_hit THEN value END) AS hits, count(DISTINCT value) AS of_all, \
                  min(CASE WHEN is_hit THEN at_micros END) AS first, max(CASE WHEN is_hit THEN at_micros END) AS last \
                  FROM rule_events WHERE rule = $1 AND key = $2 AND at_micros > $3 AND at_micros <= $4";
    let rows = tx.rows(counts, window.clone()).await?;
    let row = rows.first().ok_or_else(|| DbErr::RecordNotFound("a count".to_owned()))?;
    let count = |name| row.try_get::<i64>("", name).map(i64::unsigned_abs);
    // Of those with different values, the newest of each come first: each address is to be named, however often it came.
    let newest = format!(
        "SELECT event_id FROM (SELECT event_id, at_micros, \
         row_number() OVER (PARTITION BY value ORDER BY at_micros DESC, event_id DESC) AS nth \
         FROM rule_events WHERE rule = $1 AND key = $2 AND at_micros > $3 AND at_micros <= $4 AND is_hit) AS newest \
         ORDER BY nth, at_micros DESC, event_id DESC LIMIT {MOST_NAMED}"
    );
    let named = format!(
        "SELECT event_id FROM rule_events WHERE rule = $1 AND key = $2 AND at_micros > $3 AND at_micros <= $4 \
         AND event_id IN ({newest}) ORDER BY at_micros, event_id"
    );
    let named = tx.rows(&named, window).await?;
    Ok(Finding {
        events: count("events")?,
        values: count("hits")?,
        of: count("of_all")?,
        first_at: moment(row.try_get("", "first")?)?,
        last_at: moment(row.try_get("", "last")?)?,
        event_ids: named
            .iter()
            .map(|row| row.try_get::<Uuid>("", "event_id").map(EventId::from))
            .collect::<Result<_, _>>()?,
    })
}

/// Notes that an alert has spoken of the window that ends then.
pub async fn speak_of(tx: &Tx, entry: &Entry, end: i64, alert: AlertId) -> Result<(), DbErr> {
    tx.run(
        "INSERT INTO alerts (rule, key, at_micros, alert_id) VALUES ($1, $2, $3, $4)",
        [entry.rule().name.as_str().into(), entry.key().into(), end.into(), Uuid::from(alert).into()],
    )
    .await
    .map(drop)
}

/// Forgets whatever is too old to be counted, under keys that nothing happens to any more; how many rows that was.
pub async fn sweep(tx: &Tx, rules: &Rules, now: Timestamp) -> Result<u64, DbErr> {
    let mut swept = 0;
    for rule in rules.iter() {
        let before = now.timestamp_micros() - rule.kept_micros();
        for table in ["rule_events", "alerts"] {
            let delete = format!("DELETE FROM {table} WHERE rule = $1 AND at_micros < $2");
            swept += tx.run(&delete, [rule.name.as_str().into(), before.into()]).await?;
        }
    }
    Ok(swept)
}

fn moment(micros: i64) -> Result<Timestamp, DbErr> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| DbErr::Type(format!("{micros} µs is no time")))
}
