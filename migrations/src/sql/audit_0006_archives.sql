-- The oldest part of the trail that was put away as files, and is not in the table any more: what each file holds, and the word
-- of whoever signs the trail that it was put away. Nothing has been until now.
DROP TABLE archives;
CREATE TABLE archives (
    last_sequence BIGINT PRIMARY KEY,
    first_sequence BIGINT NOT NULL,
    first_recorded_at TIMESTAMPTZ NOT NULL,
    last_recorded_at TIMESTAMPTZ NOT NULL,
    object TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    archived_at TIMESTAMPTZ NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL
);
