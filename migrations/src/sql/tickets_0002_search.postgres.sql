-- Title, description and public comments, accents folded by the program, stemmed in French and in English.
-- A table of its own, so that a change of a ticket does not touch the inverted index.
CREATE TABLE ticket_search (
    ticket_id UUID PRIMARY KEY REFERENCES tickets(id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    document TSVECTOR NOT NULL
);
CREATE INDEX idx_ticket_search_document ON ticket_search USING GIN (document);
CREATE INDEX idx_ticket_search_created_at ON ticket_search(created_at, ticket_id);
CREATE INDEX idx_ticket_search_user_id ON ticket_search(user_id, created_at, ticket_id);
-- How common a word is decides how it is looked for; the usual hundred would know the commonest thousand only.
ALTER TABLE ticket_search ALTER COLUMN document SET STATISTICS 1000;
