-- A line of somebody's list has its place in it: a number that only grows, given under the lock of their row here, so that
-- no smaller one is ever committed after a greater one was read. The event stream goes by it.
CREATE TABLE feeds (
    user_id UUID PRIMARY KEY,
    last BIGINT NOT NULL
);
ALTER TABLE deliveries ADD COLUMN place BIGINT;
UPDATE deliveries SET place = (
    SELECT count(*) FROM deliveries AS older
    WHERE older.recipient_id = deliveries.recipient_id AND older.channel = 'in_app' AND older.id <= deliveries.id
) WHERE channel = 'in_app';
INSERT INTO feeds (user_id, last)
    SELECT recipient_id, max(place) FROM deliveries WHERE channel = 'in_app' GROUP BY recipient_id;
CREATE UNIQUE INDEX idx_deliveries_place ON deliveries(recipient_id, place) WHERE place IS NOT NULL;
CREATE INDEX idx_deliveries_unread ON deliveries(recipient_id, created_at, id) WHERE channel = 'in_app' AND read_at IS NULL;

-- Mails that wait to go out together have the status 'collected'; those that did are 'digested', and `digest_id` is the
-- delivery that took them along.
ALTER TABLE deliveries ADD COLUMN digest_id UUID;
CREATE INDEX idx_deliveries_collected ON deliveries(recipient_id, next_attempt_at) WHERE status = 'collected';

-- The administrators' view, the newest first, and by what they look for.
CREATE INDEX idx_deliveries_created_at ON deliveries(created_at, id);
CREATE INDEX idx_deliveries_status ON deliveries(status, created_at, id);
CREATE INDEX idx_deliveries_template ON deliveries(template, created_at, id);
CREATE INDEX idx_deliveries_ticket_id ON deliveries(ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;

-- Beside the mails: the list, text messages, push messages; and how often mails come.
ALTER TABLE preferences ADD COLUMN in_app JSONB NOT NULL DEFAULT '{}';
ALTER TABLE preferences ADD COLUMN sms JSONB NOT NULL DEFAULT '{}';
ALTER TABLE preferences ADD COLUMN push JSONB NOT NULL DEFAULT '{}';
ALTER TABLE preferences ADD COLUMN digest VARCHAR(20) NOT NULL DEFAULT 'immediately';

-- What administrators wrote in place of a built-in template. `revision` of the one row beside it grows with every change:
-- a replica that knows the number knows all of them.
CREATE TABLE template_overrides (
    template VARCHAR(50) NOT NULL,
    language VARCHAR(10) NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    updated_by UUID NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (template, language)
);
CREATE TABLE template_revision (
    id SMALLINT PRIMARY KEY,
    revision BIGINT NOT NULL
);
INSERT INTO template_revision (id, revision) VALUES (1, 0);
