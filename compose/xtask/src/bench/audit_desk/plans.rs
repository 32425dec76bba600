//! How the database answers: of how many partitions, and where it took too long, by which plan.

use super::super::asking::{GOAL, Group};
use super::super::house::House;
use super::super::recorder::Statement;
use super::super::table::Table;
use crate::stop::Stop;

/// Notes the partitions that the slowest question of each kind reads, and prints its plans where the kind missed the goal.
pub fn tell(house: &House, groups: &[Group], table: &mut Table, stop: &Stop) -> anyhow::Result<()> {
    let all = [partitions(house, "trail", stop)?, partitions(house, "metrics", stop)?];
    for group in groups {
        for (kind, asked, slowest) in group.kinds() {
            let plans =
                asked.iter().map(|it| explain(house, it, stop)).collect::<anyhow::Result<Vec<_>>>()?;
            let read = ["trail", "metrics"].map(|table| plans.iter().map(|plan| touched(plan, table)).max());
            let [trail, metrics] = read.map(Option::unwrap_or_default);
            let milliseconds: f64 = plans.iter().filter_map(|plan| took(plan)).sum();
            table.note(format!(
                "{}, {kind}: trail {trail}/{}, metrics {metrics}/{} partitions; {milliseconds:.1} ms in the database",
                group.name, all[0], all[1]
            ));
            if slowest > GOAL {
                for (statement, plan) in asked.iter().zip(&plans) {
                    let plan = shortened(plan);
                    eprintln!(
                        "\n{}, {kind}, p95 {} ms:\n{}\n{plan}",
                        group.name,
                        slowest.as_millis(),
                        statement.sql
                    );
                }
            }
        }
    }
    Ok(())
}

fn partitions(house: &House, table: &str, stop: &Stop) -> anyhow::Result<usize> {
    let sql = format!("SELECT count(*) FROM pg_inherits WHERE inhparent = '{table}'::regclass");
    Ok(house.query("audit", &sql, stop)?.parse()?)
}

fn explain(house: &House, statement: &Statement, stop: &Stop) -> anyhow::Result<String> {
    house.query("audit", &format!("EXPLAIN (ANALYZE, BUFFERS) {}", statement.written()), stop)
}

/// How many partitions of a table a plan has really read.
fn touched(plan: &str, table: &str) -> usize {
    let mark = format!(" on {table}_");
    let scans = plan.lines().filter(|line| {
        line.contains(&mark) && !line.contains("never executed") && !line.contains("Bitmap Index Scan")
    });
    let names = scans.filter_map(|line| line.split(&mark).nth(1)?.split(' ').next());
    names.collect::<std::collections::BTreeSet<_>>().len()
}

/// The beginning says which way was taken; every partition says the same.
fn shortened(plan: &str) -> String {
    const MOST: usize = 30;
    let mut lines: Vec<&str> = plan.lines().take(MOST).collect();
    if plan.lines().count() > MOST {
        lines.push("…");
        lines.extend(plan.lines().rev().take(1));
    }
    lines.join("\n")
}

fn took(plan: &str) -> Option<f64> {
    let time = plan.lines().find_map(|line| line.trim().strip_prefix("Execution Time: "))?;
    time.trim_end_matches(" ms").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_tells_which_partitions_it_has_read() {
        let plan = "Limit (actual time=0.1..0.2 rows=26 loops=1)\n  ->  Append (actual time=0.1..0.2 rows=26 loops=1)\n\
            \x20   ->  Index Scan using a on trail_2025_01 trail_1 (cost=1 rows=2) (actual time=0.1..0.2 rows=26 loops=1)\n\
            \x20   ->  Index Scan using b on trail_2025_02 trail_2 (cost=1 rows=2) (never executed)\n\
            Execution Time: 0.250 ms";
        assert_eq!((touched(plan, "trail"), touched(plan, "metrics"), took(plan)), (1, 0, Some(0.25)));
    }
}
