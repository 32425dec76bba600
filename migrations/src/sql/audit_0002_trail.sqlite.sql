-- The trail: every event of the house, in one order, each row hashed with the one before it. What can be read of a row without
-- its envelope is there to find it by.
CREATE TABLE trail (
    sequence BIGINT PRIMARY KEY,
    recorded_at timestamp_with_timezone_text NOT NULL,
    event_id uuid_text NOT NULL UNIQUE,
    "timestamp" timestamp_with_timezone_text NOT NULL,
    action TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id uuid_text,
    user_id uuid_text,
    person_id uuid_text,
    envelope TEXT NOT NULL,
    sealed TEXT,
    hash TEXT NOT NULL
);
CREATE INDEX idx_trail_timestamp ON trail("timestamp", event_id);
CREATE INDEX idx_trail_user_id ON trail(user_id, "timestamp", event_id);
CREATE INDEX idx_trail_resource ON trail(resource_id, "timestamp", event_id);
CREATE INDEX idx_trail_resource_type ON trail(resource_type, "timestamp", event_id);
CREATE INDEX idx_trail_action ON trail(action, "timestamp", event_id);
CREATE INDEX idx_trail_person_id ON trail(person_id, sequence);

CREATE TRIGGER trail_is_not_changed BEFORE UPDATE ON trail
    BEGIN SELECT RAISE(ABORT, 'rows of trail are never changed or deleted'); END;
CREATE TRIGGER trail_is_not_deleted BEFORE DELETE ON trail
    BEGIN SELECT RAISE(ABORT, 'rows of trail are never changed or deleted'); END;
