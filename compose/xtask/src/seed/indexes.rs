//! Foreign keys and secondary indexes: dropped while the tables are filled, and rebuilt as the database had them.

use super::crew::{self, Job};
use super::database::Database;
use crate::progress::Bar;
use crate::stop::Stop;

/// The tables that are filled.
pub const TABLES: [&str; 5] = ["ticket_search", "ticket_history", "ticket_comments", "tickets", "staff"];

/// What an interruption leaves, in words.
pub const LEFT: &str = "The database may lack indexes and foreign keys of its tables now; the service runs without them, but \
    slowly. `cargo xtask seed --finish`, with the same database, rebuilds what is missing. (Or drop the database.)";

/// In one transaction: what there is is noted in the workshop and dropped, the agents are there, and the numbers are taken.
/// The sequence goes first of all, so that no number is given twice even when the seeding goes no further.
pub const DROP: &str = "
BEGIN;
CREATE TABLE helpdesk_seed.rebuild (n BIGINT PRIMARY KEY, weight BIGINT NOT NULL, last BOOLEAN NOT NULL, statement TEXT NOT NULL);
CREATE TEMP TABLE filled ON COMMIT DROP AS
SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
    AND relname IN ('tickets', 'ticket_comments', 'ticket_history', 'ticket_search');
INSERT INTO helpdesk_seed.rebuild
SELECT row_number() OVER (ORDER BY gin DESC, rows DESC, name), weight, false, statement
FROM (
    SELECT pg_get_indexdef(indexrelid) AS statement, indexrelid::regclass::text AS name, method.amname = 'gin' AS gin,
        CASE indrelid::regclass::text WHEN 'ticket_history' THEN 16 WHEN 'ticket_comments' THEN 5 ELSE 1 END AS rows,
        -- Roughly how long it takes, for the bar.
        CASE WHEN method.amname = 'gin' THEN 60 WHEN indrelid::regclass::text = 'ticket_history' THEN 20
             WHEN indrelid::regclass::text = 'ticket_comments' THEN 6 ELSE 2 END AS weight
    FROM pg_index
    JOIN pg_class AS index ON index.oid = indexrelid JOIN pg_am AS method ON method.oid = index.relam
    WHERE indrelid IN (SELECT oid FROM filled) AND NOT indisprimary
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
) AS secondary;
INSERT INTO helpdesk_seed.rebuild
SELECT 1000 + row_number() OVER (ORDER BY conname), 4, true,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM filled);
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'f' AND conrelid IN (SELECT oid FROM filled) \\gexec
SELECT format('DROP INDEX %s', indexrelid::regclass)
FROM pg_index
WHERE indrelid IN (SELECT oid FROM filled) AND NOT indisprimary
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x')) \\gexec
SELECT setval('ticket_number_seq', :base + :tickets) AS taken \\gset
INSERT INTO staff (user_id, role, role_version)
SELECT helpdesk_seed.agent(number), 'agent', 1 FROM generate_series(0, :agents - 1) AS number
ON CONFLICT (user_id) DO NOTHING;
COMMIT;
";

/// How many statements are still to be done.
///
/// # Errors
/// When the database refuses.
pub fn pending(database: &Database, stop: &Stop) -> anyhow::Result<u64> {
    if database.query("SELECT to_regclass('helpdesk_seed.rebuild') IS NULL", stop)? == "t" {
        return Ok(0);
    }
    Ok(database.query("SELECT count(*) FROM helpdesk_seed.rebuild", stop)?.parse()?)
}

/// Rebuilds them, the indexes before the foreign keys, each in a transaction that also strikes it off the list.
///
/// # Errors
/// When the database refuses; what is rebuilt by then stays.
pub fn rebuild(database: &Database, stop: &Stop) -> anyhow::Result<String> {
    if pending(database, stop)? == 0 {
        return Ok("none is missing".to_owned());
    }
    let mut number = 0;
    for (what, last) in [("of the indexes", false), ("of the foreign keys", true)] {
        let asked =
            format!("SELECT n || ' ' || weight FROM helpdesk_seed.rebuild WHERE last = {last} ORDER BY n");
        let jobs: Vec<Job> = database.query(&asked, stop)?.lines().filter_map(job).collect();
        number += jobs.len();
        if !jobs.is_empty() {
            crew::work(database, "", jobs, |all| Bar::of_weights(all, what), stop)?;
        }
    }
    Ok(format!("{number} rebuilt"))
}

fn job(line: &str) -> Option<Job> {
    let (n, weight) = line.split_once(' ')?;
    let script = format!(
        "BEGIN;\nSELECT statement FROM helpdesk_seed.rebuild WHERE n = {n} \\gexec\n\
         DELETE FROM helpdesk_seed.rebuild WHERE n = {n};\nCOMMIT;\n"
    );
    Some(Job { weight: weight.parse().ok()?, script })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_list_becomes_a_job() {
        let job = job("1002 4").unwrap();
        assert_eq!(job.weight, 4);
        assert!(job.script.contains("WHERE n = 1002 \\gexec"), "{}", job.script);
        assert!(super::job("nonsense").is_none());
    }
}
