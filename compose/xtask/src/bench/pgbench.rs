//! The baseline: PostgreSQL's own load generator running the same statements.

use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::house::House;
use crate::command;
use crate::stop::Stop;

/// The transaction of `POST /tickets`, statement by statement as the service sends it.
pub const OPEN_TICKET: &str = include_str!("open_ticket.sql");
/// The statement of `GET /tickets/{id}`; `:id` is given.
pub const GET_TICKET: &str = "SELECT id, ticket_number, title, description, status, priority, category, user_id, \
    assigned_to, resolution, response_due_at, responded_at, response_alert, due_date, resolution_alert, sla_started_at, \
    sla_pauses, resolved_at, closed_at, created_at, updated_at, version, next_timer_at FROM tickets WHERE id = :id::uuid LIMIT 1;\n";

/// Transactions a second.
pub fn run(
    house: &House,
    service: &str,
    script: &str,
    variables: &[(&str, &str)],
    clients: usize,
    time: Duration,
    stop: &Stop,
) -> anyhow::Result<f64> {
    let (program, folder) = house.pgbench();
    let file = folder.join("script.sql");
    std::fs::write(&file, script)?;
    let mut pgbench = Command::new(program);
    pgbench
        .arg("--no-vacuum")
        .args(["--protocol=prepared", "--jobs=1"])
        .args(["--client", &clients.to_string(), "--time", &time.as_secs().to_string()])
        .arg("--file")
        .arg(&file);
    for (name, value) in variables {
        pgbench.args(["--define", &format!("{name}={value}")]);
    }
    let said = command::quiet(pgbench.arg(house.database(service)), stop)?;
    rate(&said).with_context(|| format!("pgbench said no rate:\n{said}"))
}

fn rate(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rate_is_read_from_what_pgbench_says() {
        let said = "latency average = 1.9 ms\ninitial connection time = 3 ms\ntps = 8321.5 (without initial connection time)\n";
        assert_eq!(super::rate(said), Some(8321.5));
    }
}
