-- Pictures of people: one a person at most. `file_id` names the object; a new picture is a new object, so a half-written
-- one never stands where a good one was.
CREATE TABLE avatars (
    user_id UUID PRIMARY KEY,
    file_id UUID NOT NULL,
    bucket_name VARCHAR(100) NOT NULL,
    file_path VARCHAR(500) NOT NULL,
    file_size BIGINT NOT NULL,
    mime_type VARCHAR(100) NOT NULL,
    file_hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
