-- The trail: every event of the house, in one order, each row hashed with the one before it. Partitioned by the month of
-- recording, so that a month can be put away whole. What can be read of a row without its envelope is there to find it by.
CREATE TABLE trail (
    sequence BIGINT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    event_id UUID NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL,
    action VARCHAR(100) NOT NULL,
    resource_type VARCHAR(50) NOT NULL,
    resource_id UUID,
    user_id UUID,
    person_id UUID,
    envelope TEXT NOT NULL,
    sealed TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY (sequence, recorded_at)
) PARTITION BY RANGE (recorded_at);
-- Unique in a month; beyond it the inbox sees to that.
CREATE UNIQUE INDEX idx_trail_event_id ON trail(event_id, recorded_at);
CREATE INDEX idx_trail_timestamp ON trail("timestamp", event_id);
CREATE INDEX idx_trail_user_id ON trail(user_id, "timestamp", event_id) WHERE user_id IS NOT NULL;
CREATE INDEX idx_trail_resource ON trail(resource_id, "timestamp", event_id) WHERE resource_id IS NOT NULL;
CREATE INDEX idx_trail_resource_type ON trail(resource_type, "timestamp", event_id);
CREATE INDEX idx_trail_action ON trail(action, "timestamp", event_id);
CREATE INDEX idx_trail_person_id ON trail(person_id, sequence) WHERE person_id IS NOT NULL;

CREATE FUNCTION refuse_to_rewrite_history() RETURNS TRIGGER LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME; END $$;
CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE ON trail
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_history();
REVOKE UPDATE, DELETE, TRUNCATE ON trail FROM CURRENT_USER;

-- The month's partition, made when its first row comes. It takes the triggers and the indexes from the trail, not the rights.
CREATE FUNCTION make_trail_partition(month TIMESTAMPTZ) RETURNS VOID LANGUAGE plpgsql AS
$$
DECLARE
    first TIMESTAMP := date_trunc('month', month AT TIME ZONE 'UTC');
    name TEXT := 'trail_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF trail FOR VALUES FROM (%L) TO (%L)', name,
            first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM CURRENT_USER', name);
    END IF;
END
$$;
