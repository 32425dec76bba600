-- What is made of the trail and is being made anew, row by row: up to `until`, `done` of it so far. What is recorded meanwhile
-- lies behind `until` and is added as always. Without `until` it has not begun.
CREATE TABLE rebuilds (
    derived VARCHAR(20) PRIMARY KEY,
    done BIGINT NOT NULL,
    until BIGINT,
    requested_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
-- What was recorded before is made searchable, and counted, when the service starts.
INSERT INTO rebuilds (derived, done, requested_at) VALUES ('search', 0, CURRENT_TIMESTAMP), ('metrics', 0, CURRENT_TIMESTAMP);
