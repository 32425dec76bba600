-- The clocks. They ran from `sla_started_at` (the opening, or the last reopening) and stood still during `sla_pauses`, a
-- JSON array of {"from", "to"}; the due dates follow from these two, the priority and the calendar.
ALTER TABLE tickets ADD COLUMN sla_started_at TIMESTAMPTZ;
ALTER TABLE tickets ADD COLUMN sla_pauses TEXT NOT NULL DEFAULT '[]';
-- How far each clock has been told of: 'NONE', 'WARNED' (80 % of its way), 'BREACHED'.
ALTER TABLE tickets ADD COLUMN response_alert VARCHAR(10) NOT NULL DEFAULT 'NONE';
ALTER TABLE tickets ADD COLUMN resolution_alert VARCHAR(10) NOT NULL DEFAULT 'NONE';
UPDATE tickets SET sla_started_at = created_at;
ALTER TABLE tickets DROP COLUMN paused_at;
ALTER TABLE tickets DROP COLUMN paused_seconds;

-- When something is next due to happen to a ticket by itself: a warning, a breach, the automatic close. What it is follows
-- from the ticket's own state, so whoever holds the row's lock makes it happen once.
ALTER TABLE tickets ADD COLUMN next_timer_at TIMESTAMPTZ;
CREATE INDEX idx_tickets_next_timer_at ON tickets(next_timer_at) WHERE next_timer_at IS NOT NULL;

-- Which version of the ticket a line led to, and whether it is for agents only.
ALTER TABLE ticket_history ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE ticket_history ADD COLUMN is_internal BOOLEAN NOT NULL DEFAULT false;

-- Files come and go by events, in any order: `file_version` says how new a row is, and a deleted file's row stays.
ALTER TABLE ticket_attachments ADD COLUMN file_version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE ticket_attachments ADD COLUMN is_deleted BOOLEAN NOT NULL DEFAULT false;

-- Who may be given a ticket: a projection of auth's accounts, each field with the version that it was true at.
CREATE TABLE staff (
    user_id UUID PRIMARY KEY,
    role VARCHAR(50) NOT NULL DEFAULT 'user',
    role_version BIGINT NOT NULL DEFAULT 0,
    is_active BOOLEAN NOT NULL DEFAULT true,
    active_version BIGINT NOT NULL DEFAULT 0,
    is_erased BOOLEAN NOT NULL DEFAULT false
);

-- One index for each order of the lists, both ways, and one for each filter that finds little.
CREATE INDEX idx_tickets_updated_at ON tickets(updated_at, id);
CREATE INDEX idx_tickets_due_date ON tickets(due_date, id);
CREATE INDEX idx_tickets_priority_rank ON tickets(priority_rank, id);
-- The desk's own lists: those in one status, in each order. Without these the walk along an order would pass by all that is
-- closed to find the few that are open.
CREATE INDEX idx_tickets_status_updated_at ON tickets(status, updated_at, id);
CREATE INDEX idx_tickets_status_due_date ON tickets(status, due_date, id);
CREATE INDEX idx_tickets_status_priority_rank ON tickets(status, priority_rank, id);
CREATE INDEX idx_tickets_category ON tickets(category, created_at, id);
CREATE INDEX idx_tickets_overdue ON tickets(due_date, id) WHERE status IN ('OPEN', 'IN_PROGRESS', 'WAITING_USER');
CREATE INDEX idx_tickets_unassigned ON tickets(created_at, id) WHERE assigned_to IS NULL;
-- All that the statistics read, so that they need not read the tickets.
CREATE INDEX idx_tickets_statistics ON tickets(status, priority, assigned_to, response_alert, resolution_alert, created_at, responded_at, resolved_at);
CREATE INDEX idx_ticket_comments_user_id ON ticket_comments(user_id, created_at, id);
CREATE INDEX idx_ticket_history_user_id ON ticket_history(user_id, created_at, id);
