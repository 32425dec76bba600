-- What the rules count: the events that concern one, under the key that they are counted by. The time is the event's own, in
-- microseconds since 1970: a number, so that both databases subtract a window from it alike.
CREATE TABLE rule_events (
    rule VARCHAR(50) NOT NULL,
    key TEXT NOT NULL,
    at_micros BIGINT NOT NULL,
    event_id UUID NOT NULL,
    value TEXT NOT NULL,
    is_hit BOOLEAN NOT NULL,
    PRIMARY KEY (rule, key, at_micros, event_id)
);
CREATE INDEX idx_rule_events_at ON rule_events(rule, at_micros);

-- The windows for which a rule has raised an alert, by their ends: no other that overlaps one raises another.
CREATE TABLE alerts (
    rule VARCHAR(50) NOT NULL,
    key TEXT NOT NULL,
    at_micros BIGINT NOT NULL,
    alert_id UUID NOT NULL,
    PRIMARY KEY (rule, key, at_micros)
);
CREATE INDEX idx_alerts_at ON alerts(rule, at_micros);

-- The failed events are listed by their time, above all those that wait.
CREATE INDEX idx_failed_events_failed_at ON failed_events(failed_at, id);
CREATE INDEX idx_failed_events_waiting ON failed_events(failed_at, id) WHERE resolved_at IS NULL;
