DROP INDEX idx_failed_events_waiting;
DROP INDEX idx_failed_events_failed_at;
DROP TABLE alerts;
DROP TABLE rule_events;
