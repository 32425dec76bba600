//! What the desk is asked. Of each kind many different questions, so that no single page of the database answers all.

use super::super::asking::{Kind, Mix, encoded};
use super::super::house::House;
use crate::stop::Stop;

/// Every order that a list may have.
pub const ORDERS: [&str; 8] =
    ["-createdAt", "createdAt", "-updatedAt", "updatedAt", "-dueDate", "dueDate", "-priority", "priority"];

/// What people look for on this desk: words of the seed's vocabulary.
const RARE: [&str; 8] =
    ["ERR-41234", "PC-38011", "ERR-20417", "PC-15302", "ERR-09120", "PC-51877", "ERR-33333", "zzyzx"];
const NAMES: [&str; 6] = ["belpobel", "futanor", "trivinre", "ERR-00007", "PC-00042", "PC-00311"];
const COMMON: [&str; 8] =
    ["imprimante", "problème", "message", "server", "compte", "network", "computer", "accès"];
const TWO: [&str; 8] = [
    "imprimante réseau",
    "password reset",
    "écran noir",
    "vpn tunnel",
    "serveur lenteur",
    "printer jam",
    "badge porte",
    "\"mot passe\" -urgence",
];
const FILTERED: [&str; 6] = [
    "imprimante&status=OPEN",
    "tunnel&category=VPN",
    "screen&priority=URGENT",
    "compte&unassigned=true",
    "password&overdue=true",
    "serveur&status=CLOSED&priority=HIGH",
];
const BY_DATE: [&str; 4] = ["imprimante", "screen noir", "ERR-00012", "backup"];

/// Whose tokens the questions carry.
pub struct Tokens {
    pub agent: String,
    /// Somebody with many tickets.
    pub requester: String,
}

/// What is on the desk.
pub struct Facts {
    pub tickets: u64,
    /// Who has opened the most of them.
    pub busiest: String,
    requesters: Vec<String>,
    agents: Vec<String>,
    categories: Vec<String>,
    numbers: Vec<String>,
    /// Weeks of the two years, from when to when.
    weeks: Vec<(String, String)>,
    /// Some tickets, each with a moment in its life.
    some: Vec<(String, String)>,
}

impl Facts {
    /// Reads them from the database.
    pub fn gather(house: &House, stop: &Stop) -> anyhow::Result<Self> {
        let ask = |sql: &str| house.query("tickets", sql, stop);
        let list =
            |sql: &str| -> anyhow::Result<Vec<String>> { Ok(ask(sql)?.lines().map(str::to_owned).collect()) };
        let pairs = |sql: &str| -> anyhow::Result<Vec<(String, String)>> {
            let apart =
                |line: String| line.split_once('|').map(|(one, other)| (one.to_owned(), other.to_owned()));
            Ok(list(sql)?.into_iter().filter_map(apart).collect())
        };
        let tickets: u64 = ask("SELECT count(*) FROM tickets")?.parse()?;
        anyhow::ensure!(tickets >= 1_000, "a desk with {tickets} tickets is not worth measuring");
        // A prime step goes through all of them without an order.
        let scattered = |many: u64| {
            format!(
                "(SELECT tickets.* FROM generate_series(1, {many}) AS n JOIN tickets ON ticket_number = \
                 'HD-' || lpad((1 + n * 104729 % {tickets})::text, 6, '0')) AS these"
            )
        };
        let time =
            |what: &str| format!("to_char(({what}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
        let week = format!(
            "SELECT {}, {} FROM (SELECT created_at FROM {} ORDER BY id LIMIT 24) AS it",
            time("created_at"),
            time("created_at + interval '7 days'"),
            scattered(24)
        );
        let moment = time("created_at + (updated_at - created_at) * 0.5");
        Ok(Self {
            tickets,
            busiest: ask("SELECT user_id FROM tickets GROUP BY user_id ORDER BY count(*) DESC LIMIT 1")?,
            requesters: list(&format!("SELECT DISTINCT user_id FROM {}", scattered(24)))?,
            agents: list("SELECT user_id FROM staff WHERE role <> 'user' ORDER BY user_id LIMIT 20")?,
            categories: list(&format!("SELECT DISTINCT category FROM {}", scattered(500)))?,
            numbers: list(&format!("SELECT ticket_number FROM {}", scattered(8)))?,
            weeks: pairs(&week)?,
            some: pairs(&format!("SELECT id, {moment} FROM {}", scattered(1_000)))?,
        })
    }
}

/// The first page in every order.
pub fn first_pages(tokens: &Tokens) -> Mix {
    in_orders(tokens, |_| String::new())
}

/// A far page in every order: as the walk to it ended, `&cursor=…`.
pub fn far_pages(tokens: &Tokens, cursors: &[String]) -> Mix {
    in_orders(tokens, |place| cursors[place].clone())
}

fn in_orders(tokens: &Tokens, cursor: impl Fn(usize) -> String) -> Mix {
    let kinds = ORDERS.iter().enumerate().map(|(place, order)| {
        let path = format!("sort={order}{}", cursor(place));
        desk(order, &tokens.agent, [path])
    });
    Mix { kinds: kinds.collect() }
}

/// Every filter, over many values.
pub fn filters(tokens: &Tokens, facts: &Facts) -> Mix {
    let agent = &tokens.agent;
    let each = |name: &str, values: &[String]| -> Vec<String> {
        values.iter().map(|value| format!("{name}={}", encoded(value))).collect()
    };
    let both = ["OPEN", "IN_PROGRESS", "WAITING_USER", "RESOLVED", "CLOSED"].iter().flat_map(|status| {
        ["LOW", "MEDIUM", "HIGH", "URGENT"].map(|priority| format!("status={status}&priority={priority}"))
    });
    let weeks = facts.weeks.iter().map(|(from, to)| format!("createdFrom={from}&createdTo={to}"));
    let kinds = vec![
        desk("status=OPEN", agent, ["status=OPEN".to_owned()]),
        desk("status and priority", agent, both),
        desk("category", agent, each("category", &facts.categories)),
        desk("assignedTo", agent, each("assignedTo", &facts.agents)),
        desk("unassigned and OPEN", agent, ["unassigned=true&status=OPEN".to_owned()]),
        desk("overdue", agent, ["overdue=true".to_owned()]),
        desk("userId", agent, each("userId", &facts.requesters)),
        desk("a week", agent, weeks),
    ];
    Mix { kinds }
}

/// Words, numbers, with filters, by date, and those of somebody who looks through their own tickets.
pub fn search(tokens: &Tokens, facts: &Facts) -> Mix {
    let numbers = facts.numbers.iter().map(String::as_str);
    let own = |word: &str| format!("/tickets?q={}", encoded(word));
    let own = ["imprimante", "password", "réseau", "PC-00042", "message erreur", &facts.numbers[0]].map(own);
    let kinds = vec![
        looked_for("rare words", tokens, RARE),
        looked_for("names", tokens, NAMES),
        looked_for("common words", tokens, COMMON),
        looked_for("two words", tokens, TWO),
        looked_for("numbers", tokens, numbers),
        looked_for("with a filter", tokens, FILTERED),
        desk("newest first", &tokens.agent, BY_DATE.map(|it| format!("sort=-createdAt&q={}", encoded(it)))),
        Kind::of("own tickets", &tokens.requester, own),
    ];
    Mix { kinds }
}

/// Behind the words there may be filters, from the first `&` on.
fn looked_for<'a>(name: &'static str, tokens: &Tokens, asked: impl IntoIterator<Item = &'a str>) -> Kind {
    let path = |it: &str| {
        let (words, filters) = it.split_at(it.find('&').unwrap_or(it.len()));
        format!("q={}{filters}", encoded(words))
    };
    desk(name, &tokens.agent, asked.into_iter().map(path))
}

/// The desk in numbers.
pub fn statistics(tokens: &Tokens) -> Mix {
    Mix { kinds: vec![Kind::of("16 clients", &tokens.agent, ["/admin/tickets/stats".to_owned()])] }
}

/// What was written on tickets and what happened to them, here and there.
pub fn stories(tokens: &Tokens, facts: &Facts) -> Mix {
    let of = |name, end: fn(&str) -> String| {
        let path = |(id, moment): &(String, String)| format!("/tickets/{id}{}", end(moment));
        Kind::of(name, &tokens.agent, facts.some.iter().map(path))
    };
    let kinds = vec![
        of("comments", |_| "/comments".to_owned()),
        of("history", |_| "/history".to_owned()),
        of("as it stood", |moment| format!("?at={moment}")),
    ];
    Mix { kinds }
}

/// Questions by their queries to the desk.
fn desk(name: &'static str, token: &str, queries: impl IntoIterator<Item = String>) -> Kind {
    Kind::of(name, token, queries.into_iter().map(|query| format!("/admin/tickets?{query}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_encoded_and_its_filters_are_not() {
        let tokens = Tokens { agent: "t".into(), requester: "r".into() };
        let kind = looked_for("x", &tokens, ["écran \"noir\"&status=OPEN"]);
        let request = String::from_utf8(kind.requests[0].clone()).unwrap();
        assert!(
            request.starts_with("GET /admin/tickets?q=%C3%A9cran%20%22noir%22&status=OPEN HTTP"),
            "{request}"
        );
    }
}
