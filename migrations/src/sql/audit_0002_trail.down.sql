-- Back to the tables of before. What stands in the trail stays behind: its rows cannot be made raw events again here.
DROP TABLE archives;
DROP TABLE person_keys;
DROP TABLE checkpoints;
DROP TABLE trail_head;
DROP TABLE trail;

-- The same for people: who did what to what.
CREATE TABLE audit_logs (
    id UUID PRIMARY KEY,
    feed_sequence BIGINT NOT NULL,
    event_id UUID NOT NULL UNIQUE,
    user_id UUID,
    action VARCHAR(100) NOT NULL,
    resource_type VARCHAR(50) NOT NULL,
    resource_id TEXT,
    details JSONB NOT NULL,
    ip_address VARCHAR(45),
    user_agent TEXT,
    correlation_id TEXT,
    service TEXT NOT NULL,
    service_sequence BIGINT NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_audit_logs_timestamp ON audit_logs("timestamp", id);
CREATE INDEX idx_audit_logs_user_id ON audit_logs(user_id, "timestamp", id);
CREATE INDEX idx_audit_logs_resource ON audit_logs(resource_type, resource_id, "timestamp", id);
CREATE INDEX idx_audit_logs_action ON audit_logs(action, "timestamp", id);

-- The number of the next row of the feed. One row, so that numbers follow commits.
CREATE TABLE feed_counter (
    id INT PRIMARY KEY CHECK (id = 1),
    next BIGINT NOT NULL
);
INSERT INTO feed_counter (id, next) VALUES (1, 1);
