-- How common a word is decides no more how it is looked for, and to know it of so many words made ANALYZE read most of a month.
CREATE OR REPLACE FUNCTION make_search_partition(month TIMESTAMPTZ) RETURNS VOID LANGUAGE plpgsql AS
$$
DECLARE
    first TIMESTAMP := date_trunc('month', month AT TIME ZONE 'UTC');
    name TEXT := 'trail_search_' || to_char(first, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF trail_search FOR VALUES FROM (%L) TO (%L)', name,
            first AT TIME ZONE 'UTC', (first + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('ALTER TABLE %I ALTER COLUMN document SET STATISTICS 0', name);
    END IF;
END
$$;
DO $$
DECLARE
    month REGCLASS;
BEGIN
    FOR month IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'trail_search'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN document SET STATISTICS 0', month);
    END LOOP;
END
$$;
