-- Without the signatures; which file has which rows stays known.
ALTER TABLE archives RENAME TO signed_archives;
CREATE TABLE archives (
    last_sequence BIGINT PRIMARY KEY,
    first_sequence BIGINT NOT NULL,
    object TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    archived_at TIMESTAMPTZ NOT NULL
);
INSERT INTO archives SELECT last_sequence, first_sequence, object, file_hash, file_size, archived_at FROM signed_archives;
DROP TABLE signed_archives;
