-- Whom we may write to: a projection of auth's accounts and users' profiles. The events come in any order, so each
-- field or group of fields has the version (of the account, or of the profile) that it was true at; an older event
-- changes nothing newer. Without an e-mail the account itself has not been heard of yet. An erased one stays as a row
-- without anything personal, so that nothing late brings it back.
CREATE TABLE recipients (
    user_id UUID PRIMARY KEY,
    email TEXT,
    email_version BIGINT NOT NULL DEFAULT 0,
    role TEXT,
    role_version BIGINT NOT NULL DEFAULT 0,
    is_active BOOLEAN NOT NULL DEFAULT true,
    active_version BIGINT NOT NULL DEFAULT 0,
    first_name TEXT,
    last_name TEXT,
    language VARCHAR(10),
    profile_version BIGINT NOT NULL DEFAULT 0,
    erased BOOLEAN NOT NULL DEFAULT false,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idx_recipients_role ON recipients(role, is_active);

-- Messages to people: one per event, recipient, channel and template, sent or to be sent. `status` is 'pending',
-- 'sent', 'failed' or 'suppressed'; `priority` 0 is high, 1 normal, 2 low. A worker claims by setting `lease_until` and
-- raising `claim`; only the last claimant settles. `address` is set where the order itself said where to.
CREATE TABLE deliveries (
    id UUID PRIMARY KEY,
    event_id UUID NOT NULL,
    correlation_id TEXT,
    recipient_id UUID NOT NULL,
    channel VARCHAR(20) NOT NULL,
    template VARCHAR(50) NOT NULL,
    priority SMALLINT NOT NULL DEFAULT 1,
    payload TEXT NOT NULL,
    address TEXT,
    ticket_id UUID,
    status VARCHAR(20) NOT NULL DEFAULT 'pending',
    attempts INT NOT NULL DEFAULT 0,
    claim BIGINT NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ,
    last_error TEXT,
    expires_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ,
    read_at TIMESTAMPTZ,
    UNIQUE (event_id, recipient_id, channel, template)
);
CREATE INDEX idx_deliveries_due ON deliveries(priority, next_attempt_at) WHERE status = 'pending';
CREATE INDEX idx_deliveries_recipient_id ON deliveries(recipient_id, created_at, id);

-- What people want to be told, and in which language. `email` is an object: template to yes or no.
CREATE TABLE preferences (
    user_id UUID PRIMARY KEY,
    language VARCHAR(10),
    email JSONB NOT NULL DEFAULT '{}',
    updated_at TIMESTAMPTZ NOT NULL
);
