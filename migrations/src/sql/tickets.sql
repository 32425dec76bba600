-- Tickets. `version` counts their changes, orders their events and is their ETag. `due_date` is when they are to be
-- resolved; while a ticket waits for its user (`paused_at`) the clock stands still.
CREATE TABLE tickets (
    id UUID PRIMARY KEY,
    ticket_number VARCHAR(20) NOT NULL UNIQUE,
    title VARCHAR(255) NOT NULL,
    description TEXT NOT NULL,
    status VARCHAR(50) NOT NULL DEFAULT 'OPEN',
    priority VARCHAR(20) NOT NULL DEFAULT 'MEDIUM',
    -- What lists sort by: the names do not.
    priority_rank SMALLINT NOT NULL GENERATED ALWAYS AS
        (CASE priority WHEN 'LOW' THEN 0 WHEN 'MEDIUM' THEN 1 WHEN 'HIGH' THEN 2 ELSE 3 END) STORED,
    category VARCHAR(50) NOT NULL,
    user_id UUID NOT NULL,
    assigned_to UUID,
    resolution TEXT,
    due_date TIMESTAMPTZ,
    response_due_at TIMESTAMPTZ,
    responded_at TIMESTAMPTZ,
    paused_at TIMESTAMPTZ,
    paused_seconds BIGINT NOT NULL DEFAULT 0,
    resolved_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL DEFAULT 1
);
-- Each begins with the specification's column and goes on with the order of the lists, newest first by key.
CREATE INDEX idx_tickets_status ON tickets(status, created_at, id);
CREATE INDEX idx_tickets_priority ON tickets(priority, created_at, id);
CREATE INDEX idx_tickets_user_id ON tickets(user_id, created_at, id);
CREATE INDEX idx_tickets_assigned_to ON tickets(assigned_to, created_at, id);
CREATE INDEX idx_tickets_created_at ON tickets(created_at, id);

CREATE TABLE ticket_comments (
    id UUID PRIMARY KEY,
    ticket_id UUID NOT NULL REFERENCES tickets(id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    content TEXT NOT NULL,
    is_internal BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_ticket_comments_ticket_id ON ticket_comments(ticket_id, created_at, id);

-- What happened to tickets. Without a user it was the system: an automatic close, a breach.
CREATE TABLE ticket_history (
    id UUID PRIMARY KEY,
    ticket_id UUID NOT NULL REFERENCES tickets(id) ON DELETE CASCADE,
    user_id UUID,
    action VARCHAR(50) NOT NULL,
    field_name VARCHAR(50),
    old_value TEXT,
    new_value TEXT,
    comment TEXT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_ticket_history_ticket_id ON ticket_history(ticket_id, created_at, id);

CREATE TABLE ticket_attachments (
    id UUID PRIMARY KEY,
    ticket_id UUID NOT NULL REFERENCES tickets(id) ON DELETE CASCADE,
    file_id UUID NOT NULL UNIQUE,
    uploaded_by UUID NOT NULL,
    file_name VARCHAR(255),
    file_size BIGINT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_ticket_attachments_ticket_id ON ticket_attachments(ticket_id, created_at, id);
