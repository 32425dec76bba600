-- Pictures of people: one a person at most. `file_id` names the object; a new picture is a new object, so a half-written
-- one never stands where a good one was. A row is written once its object is in the bucket, as in `files`.
CREATE TABLE avatars (
    user_id UUID PRIMARY KEY,
    file_id UUID NOT NULL UNIQUE,
    bucket_name VARCHAR(100) NOT NULL,
    file_path VARCHAR(500) NOT NULL,
    file_size BIGINT NOT NULL,
    mime_type VARCHAR(100) NOT NULL,
    file_hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- `uploads` is now every object that has no row of its own: one that is being stored ('pending', under the id that it will
-- have; with a ticket it holds room there), and one that nobody wants ('abandoned': an upload that failed, a picture that
-- was replaced or taken down), which the sweeper removes. Made anew, since SQLite cannot make a column nullable.
ALTER TABLE uploads RENAME TO uploads_before;
CREATE TABLE uploads (
    id UUID PRIMARY KEY,
    ticket_id UUID,
    bucket_name VARCHAR(100) NOT NULL,
    file_path VARCHAR(500) NOT NULL,
    file_size BIGINT NOT NULL,
    status VARCHAR(20) NOT NULL,
    started_at TIMESTAMPTZ NOT NULL
);
INSERT INTO uploads SELECT id, ticket_id, bucket_name, file_path, file_size, status, started_at FROM uploads_before;
DROP TABLE uploads_before;
CREATE INDEX idx_uploads_ticket_id ON uploads(ticket_id);
CREATE INDEX idx_uploads_started_at ON uploads(started_at);

-- People whose accounts have ended, so that nothing late brings back what was forgotten of them.
CREATE TABLE erased_people (
    user_id UUID PRIMARY KEY,
    erased_at TIMESTAMPTZ NOT NULL
);

-- What somebody did is asked for by themselves, and forgotten with them.
CREATE INDEX idx_file_access_logs_user_id ON file_access_logs(user_id, created_at, id);
