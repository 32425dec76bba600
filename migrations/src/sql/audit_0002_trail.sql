-- What was recorded before is in raw_events and moves into the trail when the service starts. The log is read from the trail.
DROP TABLE audit_logs;
DROP TABLE feed_counter;

-- The end of the trail, signed. One row, locked by whoever adds to the trail: so numbers follow commits.
CREATE TABLE trail_head (
    id INT PRIMARY KEY CHECK (id = 1),
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL
);

-- Where the trail ended at some moments: copies of the above that stay.
CREATE TABLE checkpoints (
    sequence BIGINT PRIMARY KEY,
    hash TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL
);

-- What opens the personal details of a person in the trail. Without a key they are erased, and no new one is made.
CREATE TABLE person_keys (
    person_id UUID PRIMARY KEY,
    personal_key TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    erased_at TIMESTAMPTZ
);

-- The oldest part of the trail that was put away as files, and is not in the table any more.
CREATE TABLE archives (
    last_sequence BIGINT PRIMARY KEY,
    first_sequence BIGINT NOT NULL,
    object TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    archived_at TIMESTAMPTZ NOT NULL
);
