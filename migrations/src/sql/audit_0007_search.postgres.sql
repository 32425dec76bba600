-- What lines are found by: their words, weighted (A what was done, B details, C personal details, which go when the person is
-- erased), and words of another kind for what is filtered by, so that one index answers all of it. By the month of the event,
-- so that the newest are found without looking at the rest. All of it follows from the trail.
CREATE TABLE trail_search (
    sequence BIGINT NOT NULL,
    "timestamp" TIMESTAMPTZ NOT NULL,
    person_id UUID,
    document TSVECTOR NOT NULL
) PARTITION BY RANGE ("timestamp");
CREATE INDEX idx_trail_search_document ON trail_search USING GIN (document);
CREATE INDEX idx_trail_search_timestamp ON trail_search("timestamp", sequence);
CREATE INDEX idx_trail_search_sequence ON trail_search(sequence);
CREATE INDEX idx_trail_search_person_id ON trail_search(person_id) WHERE person_id IS NOT NULL;

-- The month's partition, made when its first row comes.
CREATE FUNCTION make_search_partition(month TIMESTAMPTZ) RETURNS VOID LANGUAGE plpgsql AS
$$
DECLARE
    first TIMESTAMP := date_trunc('month', month AT TIME ZONE 'UTC');
    name TEXT := 'trail_search_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF trail_search FOR VALUES FROM (%L) TO (%L)', name,
            first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
        -- How common a word is decides how it is looked for; the usual hundred would know the commonest thousand only.
        EXECUTE format('ALTER TABLE %I ALTER COLUMN document SET STATISTICS 1000', name);
    END IF;
END
$$;

-- What somebody has done of one kind: neither of the two indexes alone finds that it was nothing.
CREATE INDEX idx_trail_user_action ON trail(user_id, action, "timestamp", event_id) WHERE user_id IS NOT NULL;
