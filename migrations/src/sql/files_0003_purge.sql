-- Tickets that were deleted, and their files with them, so that no upload that was under way brings them one again.
CREATE TABLE gone_tickets (
    ticket_id UUID PRIMARY KEY,
    gone_at TIMESTAMPTZ NOT NULL
);

-- What was deleted waits for its purge, the longest deleted first.
CREATE INDEX idx_files_deleted_at ON files(deleted_at);
