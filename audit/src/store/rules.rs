//! What the rules remember: the events that concern them, for as long as those may still be counted, and the windows for
//! which they have raised an alert.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use chrono::DateTime;
use sea_orm::{
    ConnectionTrait, DbErr, ExprTrait, Value,
    sea_query::{Condition, Expr, Order, Query},
};
use shared::{
    clock::Timestamp,
    db::Tx,
    ids::{AlertId, EventId},
    rows::{Insert, ask_with},
};
use uuid::Uuid;

use crate::domain::rules::{Entry, Finding, MOST_NAMED, Moment, Rule, Rules};

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

/// What is asked about: keys of rules, and how many entries under one are as many as raise an alert.
const ASKED: [(&str, &str); 3] = [("rule", "varchar"), ("key", "text"), ("least", "bigint")];
const BUSY: &str = "SELECT given.rule, given.key FROM given WHERE given.least <= \
                    (SELECT count(*) FROM rule_events AS it WHERE it.rule = given.rule AND it.key = given.key)";

/// Of these entries' rules, the keys under which there may be as much as raises an alert: so many entries as that takes, whenever
/// they were. Most keys have few, and of those nothing more needs to be asked.
pub async fn busy(tx: &Tx, entries: &[Entry]) -> Result<Vec<(Rule, BTreeSet<String>)>, DbErr> {
    let mut rules = BTreeMap::<&str, Rule>::new();
    let mut asked = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.is_hit()) {
        let rule = entry.rule();
        rules.insert(rule.name.as_str(), *rule);
        asked.insert((rule.name.as_str(), entry.key()), i64::from(rule.measure.least()));
    }
    let rows: Vec<_> =
        asked.into_iter().map(|((rule, key), least)| [rule.into(), key.into(), least.into()]).collect();
    let mut busy = BTreeMap::<String, BTreeSet<String>>::new();
    for row in ask_with(tx, &ASKED, &rows, BUSY).await? {
        busy.entry(row.try_get("", "rule")?).or_default().insert(row.try_get("", "key")?);
    }
    Ok(busy.into_iter().map(|(rule, keys)| (rules[&*rule], keys)).collect())
}

/// The windows that an alert has spoken of, by their keys and ends; of those that overlap one with an end in `ends`.
pub async fn spoken_of(
    tx: &Tx,
    rule: &Rule,
    keys: &BTreeSet<&str>,
    ends: &RangeInclusive<i64>,
) -> Result<BTreeMap<String, Vec<i64>>, DbErr> {
    let window = rule.window_micros();
    let mut select = Query::select();
    select
        .columns(["key", "at_micros"])
        .from("alerts")
        .cond_where(under(rule, keys))
        .and_where(Expr::col("at_micros").gt(ends.start() - window))
        .and_where(Expr::col("at_micros").lt(ends.end() + window));
    let mut spoken_of = BTreeMap::<String, Vec<i64>>::new();
    for row in tx.query_all(&select).await? {
        spoken_of.entry(row.try_get("", "key")?).or_default().push(row.try_get("", "at_micros")?);
    }
    Ok(spoken_of)
}

/// What lies in the windows with an end in `ends`, by its keys and in the order of time.
pub async fn moments(
    tx: &Tx,
    rule: &Rule,
    keys: &BTreeSet<&str>,
    ends: &RangeInclusive<i64>,
) -> Result<BTreeMap<String, Vec<Moment>>, DbErr> {
    let mut select = Query::select();
    select
        .columns(["key", "at_micros", "value", "is_hit"])
        .from("rule_events")
        .cond_where(under(rule, keys))
        .and_where(Expr::col("at_micros").gt(ends.start() - rule.window_micros()))
        .and_where(Expr::col("at_micros").lte(*ends.end()))
        .order_by("at_micros", Order::Asc);
    let mut moments = BTreeMap::<String, Vec<Moment>>::new();
    for row in tx.query_all(&select).await? {
        moments.entry(row.try_get("", "key")?).or_default().push(Moment {
            at: row.try_get("", "at_micros")?,
            value: row.try_get("", "value")?,
            is_hit: row.try_get("", "is_hit")?,
        });
    }
    Ok(moments)
}

/// Forgets what lies under keys and is too old to be counted with what happened then. So a flood of events leaves no more behind
/// than what falls into a few windows.
pub async fn forget_older(tx: &Tx, rule: &Rule, keys: &BTreeSet<&str>, at: i64) -> Result<(), DbErr> {
    let mut delete = Query::delete();
    delete
        .from_table("rule_events")
        .cond_where(under(rule, keys))
        .and_where(Expr::col("at_micros").lt(at - rule.kept_micros()));
    tx.execute(&delete).await.map(drop)
}

fn under(rule: &Rule, keys: &BTreeSet<&str>) -> Condition {
    Condition::all()
        .add(Expr::col("rule").eq(rule.name.as_str()))
        .add(Expr::col("key").is_in(keys.iter().copied()))
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
