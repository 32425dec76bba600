//! What must hold in a seeded database: counts, anti-joins, the invariants of every status.

use anyhow::Context;

use super::database::Database;
use crate::progress::{Bar, Progress, for_counting};
use crate::stop::Stop;

const CHECKS: &str = include_str!("sql/check.sql");
const MARK: &str = "-- check: ";

/// A rule in words, and a query that counts what breaks it.
struct Check<'a> {
    rule: &'a str,
    sql: &'a str,
}

/// Checks everything and tells the sizes.
///
/// # Errors
/// The rules that are broken, each with how often.
pub fn run(database: &Database, progress: &mut Progress, stop: &Stop) -> anyhow::Result<()> {
    run_all(CHECKS, SIZES, database, progress, stop)
}

/// The same with other rules, and another question for the sizes.
///
/// # Errors
/// The rules that are broken, each with how often.
pub fn run_all(
    rules: &str,
    sizes: &str,
    database: &Database,
    progress: &mut Progress,
    stop: &Stop,
) -> anyhow::Result<()> {
    progress.step("checks", || {
        let all = checks(rules);
        let mut bar = Bar::of(all.len() as u64, "checks");
        let mut broken = Vec::new();
        for check in &all {
            let answer = database.query(check.sql, stop).with_context(|| check.rule.to_owned())?;
            let rows: u64 =
                answer.parse().with_context(|| format!("{}: {answer:?} is no count", check.rule))?;
            if rows > 0 {
                broken.push(format!("\n  {} times broken: {}", for_counting(rows), check.rule));
            }
            bar.add(1);
        }
        bar.end();
        println!("{}", database.query(sizes, stop)?);
        anyhow::ensure!(
            broken.is_empty(),
            "{} of {} rules are broken{}",
            broken.len(),
            all.len(),
            broken.concat()
        );
        Ok(format!("all {} rules hold", all.len()))
    })
}

const SIZES: &str = "
SELECT format('  %-18s %12s rows  table %9s  indexes %9s', relname, to_char(reltuples, 'FM999,999,990'),
    pg_size_pretty(pg_table_size(oid)), pg_size_pretty(pg_indexes_size(oid)))
FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
    AND (relname LIKE 'ticket%' OR relname = 'staff') AND reltuples > 0
ORDER BY pg_total_relation_size(oid) DESC";

fn checks(text: &str) -> Vec<Check<'_>> {
    let blocks = text.split(MARK).skip(1);
    blocks
        .filter_map(|block| block.split_once('\n'))
        .map(|(rule, sql)| Check { rule: rule.trim(), sql })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_its_rule_and_its_query() {
        let all = checks(CHECKS);
        assert_eq!(all.len(), CHECKS.matches(MARK).count());
        assert!(all.len() > 20, "{}", all.len());
        for check in all {
            assert!(!check.rule.is_empty() && check.sql.contains("count(*)"), "{}", check.rule);
            assert!(check.sql.trim_end().ends_with(';'), "{}", check.rule);
        }
    }
}
