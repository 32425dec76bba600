//! Each rule of the checks, broken in a transaction that is undone.

use super::server::Database;

const CHECKS: &str = include_str!("../../src/seed/sql/check.sql");

/// The beginning of a rule, and what breaks it.
const BREAKING: &[(&str, &str)] = &[
    ("every number is HD-", "UPDATE tickets SET ticket_number = 'HD-42' WHERE ticket_number = 'HD-000042'"),
    (
        "every number is HD-",
        "UPDATE tickets SET ticket_number = 'HD-999999' WHERE ticket_number = 'HD-000042'",
    ),
    (
        "ids are of version 7",
        "UPDATE ticket_comments SET created_at = created_at + interval '1 second' WHERE id = (SELECT min(id::text)::uuid FROM ticket_comments)",
    ),
    ("ids are of version 7", "UPDATE ticket_history SET id = gen_random_uuid()"),
    (
        "nothing belongs to a ticket",
        "ALTER TABLE ticket_comments DROP CONSTRAINT ticket_comments_ticket_id_fkey; ALTER TABLE ticket_history DROP CONSTRAINT ticket_history_ticket_id_fkey; ALTER TABLE ticket_search DROP CONSTRAINT ticket_search_ticket_id_fkey; DELETE FROM tickets WHERE ticket_number = 'HD-000042'",
    ),
    (
        "every ticket can be searched",
        "DELETE FROM ticket_search WHERE ticket_id = (SELECT id FROM tickets LIMIT 1)",
    ),
    (
        "every ticket can be searched",
        "UPDATE ticket_search SET user_id = gen_random_uuid() WHERE ticket_id = (SELECT id FROM tickets LIMIT 1)",
    ),
    ("texts are trimmed", "UPDATE tickets SET title = ' ' || title WHERE ticket_number = 'HD-000042'"),
    (
        "texts are trimmed",
        "UPDATE ticket_comments SET content = '' WHERE id = (SELECT min(id::text)::uuid FROM ticket_comments)",
    ),
    (
        "an open ticket is neither",
        "UPDATE tickets SET resolution = 'x' WHERE id = (SELECT id FROM tickets WHERE status = 'IN_PROGRESS' LIMIT 1)",
    ),
    (
        "an open ticket is neither",
        "UPDATE tickets SET assigned_to = NULL WHERE id = (SELECT id FROM tickets WHERE status = 'CLOSED' LIMIT 1)",
    ),
    (
        "a resolved ticket has",
        "UPDATE tickets SET next_timer_at = NULL WHERE id = (SELECT id FROM tickets WHERE status = 'RESOLVED' LIMIT 1)",
    ),
    (
        "a closed ticket was",
        "UPDATE tickets SET closed_at = closed_at + interval '2 days' WHERE id = (SELECT id FROM tickets WHERE status = 'CLOSED' LIMIT 1)",
    ),
    ("there is no other status", "UPDATE tickets SET status = 'DONE' WHERE ticket_number = 'HD-000042'"),
    (
        "exactly a waiting ticket",
        "UPDATE tickets SET sla_pauses = '[]' WHERE id = (SELECT id FROM tickets WHERE status = 'WAITING_USER' LIMIT 1)",
    ),
    (
        "exactly a waiting ticket",
        "UPDATE tickets SET status = 'IN_PROGRESS' WHERE id = (SELECT id FROM tickets WHERE status = 'WAITING_USER' LIMIT 1)",
    ),
    (
        "pauses follow each other",
        "UPDATE tickets SET sla_pauses = replace(sla_pauses, 'from', 'to') WHERE status = 'WAITING_USER'; UPDATE tickets SET created_at = updated_at WHERE id = (SELECT id FROM tickets WHERE sla_pauses <> '[]' LIMIT 1)",
    ),
    (
        "the due dates are",
        "UPDATE tickets SET due_date = due_date + interval '1 microsecond' WHERE ticket_number = 'HD-000042'",
    ),
    ("the due dates are", "UPDATE tickets SET sla_pauses = '[]' WHERE status = 'CLOSED'"),
    (
        "what a settled ticket's",
        "UPDATE tickets SET resolution_alert = 'NONE' WHERE id = (SELECT id FROM tickets WHERE status = 'CLOSED' AND resolution_alert = 'WARNED' LIMIT 1)",
    ),
    (
        "a clock that runs",
        "UPDATE tickets SET resolution_alert = 'NONE' WHERE id = (SELECT id FROM tickets WHERE status = 'OPEN' AND resolution_alert = 'BREACHED' LIMIT 1)",
    ),
    ("a clock that runs", "UPDATE tickets SET next_timer_at = NULL WHERE status IN ('OPEN', 'IN_PROGRESS')"),
    (
        "nothing is rung that",
        "UPDATE tickets SET next_timer_at = created_at WHERE ticket_number = 'HD-000042'",
    ),
    (
        "the response is the first",
        "UPDATE tickets SET responded_at = NULL WHERE id = (SELECT id FROM tickets WHERE responded_at IS NOT NULL LIMIT 1)",
    ),
    ("the response is the first", "UPDATE ticket_comments SET is_internal = true"),
    (
        "comments are the requester's",
        "UPDATE ticket_comments SET user_id = gen_random_uuid() WHERE id = (SELECT min(id::text)::uuid FROM ticket_comments)",
    ),
    ("comments are the requester's", "UPDATE ticket_comments SET is_internal = true"),
    (
        "tickets are assigned",
        "DELETE FROM staff WHERE user_id = (SELECT assigned_to FROM tickets WHERE assigned_to IS NOT NULL LIMIT 1)",
    ),
    ("a ticket's version", "UPDATE tickets SET version = version + 1 WHERE ticket_number = 'HD-000042'"),
    (
        "a ticket's version",
        "DELETE FROM ticket_history WHERE action = 'CREATED' AND ticket_id = (SELECT id FROM tickets LIMIT 1)",
    ),
    (
        "the history has one order",
        "UPDATE ticket_history SET version = 1 WHERE action = 'ASSIGNED'; UPDATE ticket_history SET version = 2 WHERE action = 'CREATED'",
    ),
    (
        "the history has one order",
        "UPDATE ticket_history SET action = 'UPDATED' WHERE field_name = 'resolvedAt'",
    ),
    ("the moves are", "UPDATE ticket_history SET old_value = 'OPEN' WHERE new_value = 'RESOLVED'"),
    ("the moves are", "DELETE FROM ticket_history WHERE new_value = 'CLOSED'"),
    ("the history leads", "UPDATE tickets SET resolution = resolution || '!' WHERE status = 'CLOSED'"),
    ("the history leads", "UPDATE ticket_history SET new_value = '[]' WHERE field_name = 'slaPauses'"),
    ("every field that was", "DELETE FROM ticket_history WHERE field_name = 'respondedAt'"),
    ("every field that was", "DELETE FROM ticket_history WHERE field_name = 'resolutionAlert'"),
    ("every comment has its line", "DELETE FROM ticket_history WHERE field_name = 'comment' AND is_internal"),
    ("every comment has its line", "DELETE FROM ticket_comments WHERE is_internal"),
    (
        "whom a requester answers",
        "UPDATE ticket_comments AS c SET user_id = t.user_id FROM tickets AS t WHERE t.id = ticket_id; UPDATE ticket_comments AS c SET created_at = (p ->> 'from')::timestamptz + interval '1 second' FROM tickets AS t, jsonb_array_elements(sla_pauses::jsonb) AS p WHERE t.id = ticket_id",
    ),
    (
        "the search has exactly",
        "UPDATE ticket_comments SET content = content || ' zzyzx' WHERE NOT is_internal",
    ),
    ("the search has exactly", "UPDATE ticket_comments SET is_internal = true WHERE NOT is_internal"),
    ("the search has exactly", "UPDATE tickets SET title = title || ' zzyzx'"),
    (
        "nothing waits",
        "INSERT INTO outbox (event_id, subject, envelope, created_at) VALUES (gen_random_uuid(), 'x', '{}', now())",
    ),
    ("the workshop is gone", "CREATE SCHEMA helpdesk_seed"),
    ("the shares are", "UPDATE tickets SET status = 'CLOSED' WHERE status = 'WAITING_USER'"),
    ("the shares are", "UPDATE tickets SET priority = 'LOW'"),
];

/// Breaks one after the other; each must be noticed by its own check.
pub fn each_rule(database: &Database) {
    let checks: Vec<(&str, &str)> =
        CHECKS.split("-- check: ").skip(1).filter_map(|block| block.split_once('\n')).collect();
    for (rule, _) in &checks {
        assert!(BREAKING.iter().any(|(begin, _)| rule.starts_with(begin)), "nobody tries to break: {rule}");
    }
    for (begin, breaking) in BREAKING {
        let (rule, check) =
            checks.iter().find(|(rule, _)| rule.starts_with(begin)).expect("a rule begins like that");
        let counts = |before: &str| database.query(&format!("BEGIN; {before};\n{check}\nROLLBACK;"));
        assert_eq!(counts("SELECT"), "0", "{rule}");
        let count: u64 = counts(breaking).parse().expect("a check counts");
        assert!(count > 0, "not noticed by {rule:?}: {breaking}");
    }
}
