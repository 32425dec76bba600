//! What the trail is asked. Of each kind many different questions, so that no single page of the database answers all.

use super::super::asking::{Kind, Mix, encoded};
use super::super::house::House;
use crate::stop::Stop;

/// In which ways the log is walked far.
pub const LOG_ORDERS: [&str; 3] = ["sort=-timestamp", "sort=timestamp", "action=TICKET_COMMENTED"];

/// What people look for.
const WORDS: [&str; 6] = ["PC-00042", "imprimante", "vpn tunnel", "password reset", "HD-000007", "zzyzx"];

/// What is in the trail.
pub struct Facts {
    pub events: u64,
    /// Who did the most.
    busiest: String,
    users: Vec<String>,
    tickets: Vec<String>,
    lines: Vec<String>,
    /// The kinds of actions, frequent and rare ones.
    actions: Vec<String>,
    /// Some moments, each with those a week, thirty days and a year before.
    ends: Vec<(String, [String; 3])>,
    /// Days and weeks here and there, from when to when.
    days: Vec<(String, String)>,
    weeks: Vec<(String, String)>,
}

impl Facts {
    /// Reads them from the database.
    ///
    /// # Errors
    /// When there is too little in it.
    pub fn gather(house: &House, stop: &Stop) -> anyhow::Result<Self> {
        let list = |sql: &str| -> anyhow::Result<Vec<String>> {
            Ok(house.query("audit", sql, stop)?.lines().map(str::to_owned).collect())
        };
        let pairs = |sql: &str| -> anyhow::Result<Vec<(String, String)>> {
            let apart =
                |line: String| line.split_once('|').map(|(one, other)| (one.to_owned(), other.to_owned()));
            Ok(list(sql)?.into_iter().filter_map(apart).collect())
        };
        let events: u64 = house.query("audit", "SELECT max(sequence) FROM trail", stop)?.parse()?;
        anyhow::ensure!(events >= 10_000, "a trail of {events} events is not worth measuring");
        // A prime step goes through all of them without an order.
        let some = |what: &str, whose: &str, many: u64| {
            format!(
                "SELECT DISTINCT {what} FROM (SELECT trail.* FROM generate_series(1, {many}) AS n \
                 JOIN trail ON sequence = 1 + n * 104729 % {events}) AS these WHERE {whose}"
            )
        };
        let time =
            |what: &str| format!("to_char(({what}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
        let stretch = |length: &str| {
            let [from, to] = [time("\"timestamp\""), time(&format!("\"timestamp\" + interval '{length}'"))];
            some(&format!("{from}, {to}"), "true", 16)
        };
        let before =
            |length: &str| time(&format!("last - n * interval '3 days 5 hours' - interval '{length}'"));
        let ends = format!(
            "SELECT {}, {}, {}, {} FROM generate_series(0, 11) AS n, (SELECT max(recorded_at) AS last FROM trail) AS it",
            before("0"),
            before("7 days"),
            before("30 days"),
            before("365 days")
        );
        let ends = list(&ends)?.into_iter().filter_map(|line| {
            let mut moments = line.split('|').map(str::to_owned);
            let end = moments.next()?;
            Some((end, [moments.next()?, moments.next()?, moments.next()?]))
        });
        Ok(Self {
            events,
            busiest: house.query(
                "audit",
                "SELECT value FROM metrics WHERE grain = 'month' AND dimension = 'user' \
                 GROUP BY value ORDER BY sum(count) DESC LIMIT 1",
                stop,
            )?,
            users: list(&some("user_id", "user_id IS NOT NULL", 60))?,
            tickets: list(&some("resource_id", "resource_type = 'ticket'", 200))?,
            lines: list(&some("event_id", "true", 100))?,
            actions: list(&some("action", "true", 20_000))?,
            ends: ends.collect(),
            days: pairs(&stretch("1 day"))?,
            weeks: pairs(&stretch("7 days"))?,
        })
    }
}

/// The log as people look through it.
pub fn log(token: &str, facts: &Facts) -> Mix {
    let each = |name: &str, values: &[String]| -> Vec<String> {
        values.iter().map(|value| format!("{name}={}", encoded(value))).collect()
    };
    let within = |times: &[(String, String)]| -> Vec<String> {
        times.iter().map(|(from, to)| format!("from={from}&to={to}")).collect()
    };
    let mut both = Vec::new();
    for (place, (from, to)) in facts.weeks.iter().enumerate() {
        let action = &facts.actions[place % facts.actions.len()];
        both.push(format!("action={action}&from={from}&to={to}"));
    }
    let of_users = facts.users.iter().take(12).zip(facts.actions.iter().cycle());
    let of_users = of_users.map(|(user, action)| format!("userId={user}&action={action}"));
    let resources =
        ["user", "session", "ticket", "file", "notification"].map(|kind| format!("resourceType={kind}"));
    let lines = facts.lines.iter().take(16).map(|id| format!("/audit/logs/{id}"));
    let kinds = vec![
        logs("newest first", token, [String::new()]),
        logs("oldest first", token, ["sort=timestamp".to_owned()]),
        logs("by user", token, each("userId", &facts.users[..facts.users.len().min(12)])),
        logs("by the busiest user", token, [format!("userId={}", facts.busiest)]),
        logs("by resource", token, each("resourceId", &facts.tickets[..facts.tickets.len().min(12)])),
        logs("by kind of resource", token, resources),
        logs("by action", token, each("action", &facts.actions)),
        logs("a day", token, within(&facts.days)),
        logs("action and week", token, both),
        logs("user and action", token, of_users),
        Kind::of("one line", token, lines),
    ];
    Mix { kinds }
}

/// A far page, in every way in which one was walked to: as the walk ended, `&cursor=…`.
pub fn far_log(token: &str, cursors: &[String]) -> Mix {
    let kinds = LOG_ORDERS.iter().zip(cursors);
    Mix { kinds: kinds.map(|(order, cursor)| logs(order, token, [format!("{order}{cursor}")])).collect() }
}

/// Words.
pub fn search(token: &str, facts: &Facts) -> Mix {
    let path = |words: &str| format!("/audit/search?q={}", encoded(words));
    let ids = facts.tickets.iter().take(8).map(|id| path(id));
    Mix { kinds: vec![Kind::of("words", token, WORDS.map(path)), Kind::of("ids", token, ids)] }
}

/// The numbers.
pub fn metrics(token: &str, facts: &Facts) -> Mix {
    let ask = |name: &'static str, length: Length, query: &str| {
        let spans = facts.ends.iter().map(|end| format!("/audit/metrics?{}{query}", length.up_to(end)));
        Kind::of(name, token, spans.collect::<Vec<_>>())
    };
    let kinds = vec![
        ask("all, a week", Length::Week, ""),
        ask("all, a year", Length::Year, ""),
        ask("one, by hour, a month", Length::Month, "&name=tickets_commented&bucket=hour"),
        ask("one, by day, a year", Length::Year, "&name=tickets_commented&bucket=day"),
        ask("a part, by day, a year", Length::Year, "&name=tickets_created&dimension=priority=HIGH"),
        ask(
            "a part, by hour, a month",
            Length::Month,
            "&name=tickets_created&dimension=priority=HIGH&bucket=hour",
        ),
        ask("all events, by day, a year", Length::Year, "&name=events_recorded"),
    ];
    Mix { kinds }
}

/// Every report, on thirty days and on a year.
pub fn reports(token: &str, facts: &Facts) -> Mix {
    let ask = |name: &'static str, kind: &str, length: Length| {
        let spans = facts.ends.iter().map(|end| format!("/audit/reports/{kind}?{}", length.up_to(end)));
        Kind::of(name, token, spans.collect::<Vec<_>>())
    };
    let kinds = vec![
        ask("activity, a month", "activity", Length::Month),
        ask("activity, a year", "activity", Length::Year),
        ask("tickets, a month", "tickets", Length::Month),
        ask("tickets, a year", "tickets", Length::Year),
        ask("sla, a month", "sla", Length::Month),
        ask("sla, a year", "sla", Length::Year),
        ask("security, a month", "security", Length::Month),
        ask("security, a year", "security", Length::Year),
    ];
    Mix { kinds }
}

/// How much time is asked about.
#[derive(Clone, Copy)]
enum Length {
    Week,
    Month,
    Year,
}

impl Length {
    /// As a query: back from a moment that is written `2026-11-27T08:00:00.000000Z`.
    fn up_to(self, end: &(String, [String; 3])) -> String {
        let (end, froms) = end;
        format!("from={}&to={end}", froms[self as usize])
    }
}

/// Questions by their queries to the log.
fn logs(name: &'static str, token: &str, queries: impl IntoIterator<Item = String>) -> Kind {
    Kind::of(name, token, queries.into_iter().map(|query| format!("/audit/logs?{query}")))
}
