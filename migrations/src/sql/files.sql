-- Files. A row is 'pending' until its object is 'stored', and counts towards the quotas from the first.
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
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
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
CREATE INDEX idx_files_pending ON files(created_at) WHERE status = 'pending';

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
