//! The baseline: PostgreSQL's own load generator running the same statements.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};

use super::house::House;
use super::recorder::Statement;
use crate::command;
use crate::stop::Stop;

/// The transaction of `POST /tickets`, statement by statement as the service sends it; [`skeletons`] says whether it still is.
pub const OPEN_TICKET: &str = include_str!("open_ticket.sql");
/// pgbench takes no more scripts at once.
pub const MOST_SCRIPTS: usize = 128;
/// Nor a statement with more variables.
const MOST_VARIABLES: usize = 255;

/// What a client does in one turn; its variables are defined beside it.
#[derive(Default)]
pub struct Script {
    text: String,
    variables: Vec<(String, String)>,
    /// How often its turn comes, compared with the others'.
    weight: usize,
}

impl Script {
    /// A script as it stands, without variables.
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), variables: Vec::new(), weight: 1 }
    }

    /// Recorded statements with the very values that they had. `number` keeps its variables apart from other scripts'.
    pub fn of(number: usize, weight: usize, statements: &[Statement]) -> Self {
        let mut script = Self { weight, ..Self::default() };
        for (place, statement) in statements.iter().enumerate() {
            script.add(&format!("s{number}_{place}"), statement);
        }
        script
    }

    fn add(&mut self, prefix: &str, statement: &Statement) {
        let mut parts = statement.sql.split('$');
        // A statement of too many variables has its values in its text, but for those in which pgbench would look for one; and
        // pgbench knows no variable of an empty value.
        let is_long = statement.sql.matches('$').count() > MOST_VARIABLES;
        let is_written = |value: &str| value.is_empty() || is_long && !value.contains([':', '\\']);
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|it: char| it.is_ascii_digit()).len();
            let (number, rest) = part.split_at(digits);
            let place = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            match place.and_then(|place| statement.values.get(place)) {
                Some(Some(value)) if is_written(value) => {
                    self.text.push_str(&format!("'{}'", value.replace('\'', "''")));
                }
                Some(Some(_)) => self.text.push_str(&format!(":{prefix}_{number}")),
                Some(None) => self.text.push_str("NULL"),
                None => self.text.push_str(&format!("${number}")),
            }
            self.text.push_str(rest);
        }
        self.text.push_str(";\n");
        let known = statement.values.iter().enumerate().filter_map(|(place, it)| Some((place, it.clone()?)));
        let variables = known.filter(|(_, value)| !is_written(value));
        self.variables.extend(variables.map(|(place, value)| (format!("{prefix}_{}", place + 1), value)));
    }
}

/// Scripts a second, over so many clients with prepared statements.
pub fn run(
    house: &House,
    service: &str,
    scripts: &[Script],
    clients: usize,
    time: Duration,
    stop: &Stop,
) -> anyhow::Result<f64> {
    ensure!(scripts.len() <= MOST_SCRIPTS, "pgbench takes {MOST_SCRIPTS} scripts, not {}", scripts.len());
    let (program, folder) = house.pgbench();
    let mut pgbench = Command::new(program);
    pgbench.arg("--no-vacuum").args(["--protocol=prepared", "--jobs=1"]).args([
        "--client",
        &clients.to_string(),
        "--time",
        &time.as_secs().max(1).to_string(),
    ]);
    for (number, script) in scripts.iter().enumerate() {
        let file = folder.join(format!("script{number}.sql"));
        std::fs::write(&file, &script.text)?;
        pgbench.args(["--file", &format!("{}@{}", file.display(), script.weight)]);
        for (name, value) in &script.variables {
            pgbench.args(["--define", &format!("{name}={value}")]);
        }
    }
    let said = command::quiet(pgbench.arg(house.database(service)), stop);
    // It complains in whole statements, some of which are long.
    let said =
        said.map_err(|fault| anyhow!("{}", format!("{fault:#}").chars().take(1_000).collect::<String>()))?;
    rate(&said).with_context(|| format!("pgbench said no rate:\n{said}"))
}

fn rate(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}

/// What a script's statements are, but for the values: what is written into which columns, what is called how often.
pub fn skeletons(script: &str) -> Vec<String> {
    let lines = script.lines().filter(|line| !line.starts_with("--"));
    let whole = lines.collect::<Vec<_>>().join("\n").replace("\\gset", ";\n");
    whole
        .split(";\n")
        .map(|it| skeleton(it.trim().trim_end_matches(';')))
        .filter(|it| !it.is_empty())
        .collect()
}

/// The same of one statement.
pub fn skeleton(sql: &str) -> String {
    let plain = sql.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ");
    let head = plain.split(" VALUES ").next().unwrap_or_default().split(" AS ").next().unwrap_or_default();
    let calls = ["setweight(", "array_to_tsvector(", "to_tsvector('"].map(|call| plain.matches(call).count());
    if calls == [0, 0, 0] { head.to_owned() } else { format!("{head} {calls:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_what_pgbench_says() {
        let said = "latency average = 1.9 ms\ninitial connection time = 3 ms\ntps = 8321.5 (without initial connection time)\n";
        assert_eq!(rate(said), Some(8321.5));
    }

    #[test]
    fn a_recorded_statement_becomes_a_script_with_its_values_beside_it() {
        let statement = Statement {
            sql: "SELECT x FROM t WHERE a = $1 AND b IS NOT DISTINCT FROM $2 AND c::text = $11 LIMIT $3"
                .into(),
            values: vec![Some("it's".into()), None, Some("26".into())],
        };
        let script = Script::of(4, 1, std::slice::from_ref(&statement));
        assert_eq!(
            script.text,
            "SELECT x FROM t WHERE a = :s4_0_1 AND b IS NOT DISTINCT FROM NULL AND c::text = $11 LIMIT :s4_0_3;\n"
        );
        let variables = [("s4_0_1".to_owned(), "it's".to_owned()), ("s4_0_3".to_owned(), "26".to_owned())];
        assert_eq!(script.variables, variables);
    }

    #[test]
    fn a_statement_of_too_many_variables_has_its_values_in_its_text() {
        let places: Vec<String> = (1..=256).map(|place| format!("${place}")).collect();
        let mut values = vec![Some("it's".to_owned()); 255];
        values.push(Some("12:30".to_owned()));
        let statement = Statement { sql: format!("SELECT {}", places.join(",")), values };
        let script = Script::of(0, 1, &[statement]);
        assert_eq!(script.text, format!("SELECT {}:s0_0_256;\n", "'it''s',".repeat(255)));
        assert_eq!(script.variables, [("s0_0_256".to_owned(), "12:30".to_owned())]);
        let empty = Statement { sql: "SELECT $1".into(), values: vec![Some(String::new())] };
        let script = Script::of(0, 1, &[empty]);
        assert_eq!((script.text.as_str(), script.variables.len()), ("SELECT '';\n", 0));
    }

    #[test]
    fn the_skeleton_tells_a_column_and_a_stemmer_more() {
        let ours = skeletons(OPEN_TICKET);
        let sent = |columns: &str| skeleton(&format!("INSERT INTO \"outbox\" ({columns}) VALUES ($1, $2)"));
        assert_eq!(ours[0], "BEGIN");
        assert_eq!(ours[1], "SELECT nextval('ticket_number_seq')");
        assert_eq!(ours[5], sent("event_id, subject, envelope, traceparent, created_at"));
        assert_ne!(ours[5], sent("event_id, subject, envelope, traceparent"));
        assert_eq!(ours.last().unwrap(), "COMMIT");
        let stem =
            |more: &str| skeleton(&format!("INSERT INTO s (d) VALUES (to_tsvector('french', $1){more})"));
        assert_ne!(stem(""), stem(" || to_tsvector('english', $1)"));
    }
}
