-- Files. A row is written once its object is in the bucket: there is none without.
CREATE TABLE files (
    id UUID PRIMARY KEY,
    original_name VARCHAR(255) NOT NULL,
    stored_name VARCHAR(255) NOT NULL,
    file_path VARCHAR(500) NOT NULL,
    bucket_name VARCHAR(100) NOT NULL,
    file_size BIGINT NOT NULL,
    mime_type VARCHAR(100) NOT NULL,
    file_hash VARCHAR(64) NOT NULL,
    ticket_id UUID,
    uploaded_by UUID NOT NULL,
    is_deleted BOOLEAN NOT NULL DEFAULT false,
    deleted_at TIMESTAMPTZ,
    virus_scanned BOOLEAN NOT NULL DEFAULT false,
    virus_status VARCHAR(50),
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX idx_files_ticket_id ON files(ticket_id, created_at, id);
CREATE INDEX idx_files_uploaded_by ON files(uploaded_by);
CREATE INDEX idx_files_file_hash ON files(file_hash);

-- Uploads that are being stored, under the id that the file will have. 'pending' ones hold room in their ticket;
-- 'abandoned' ones hold none, and wait for the sweeper to remove what may have come into the bucket.
CREATE TABLE uploads (
    id UUID PRIMARY KEY,
    ticket_id UUID NOT NULL,
    bucket_name VARCHAR(100) NOT NULL,
    file_path VARCHAR(500) NOT NULL,
    file_size BIGINT NOT NULL,
    status VARCHAR(20) NOT NULL,
    started_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_uploads_ticket_id ON uploads(ticket_id);
CREATE INDEX idx_uploads_started_at ON uploads(started_at);

-- Who did what with a file.
CREATE TABLE file_access_logs (
    id UUID PRIMARY KEY,
    file_id UUID NOT NULL REFERENCES files(id),
    user_id UUID NOT NULL,
    action VARCHAR(50) NOT NULL,
    ip_address VARCHAR(45),
    user_agent TEXT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_file_access_logs_file_id ON file_access_logs(file_id, created_at, id);
