-- A table like the trail: the same columns, indexes and partitions, and nothing in it.
CREATE TABLE again (LIKE trail INCLUDING ALL) PARTITION BY RANGE (recorded_at);
DO $$
DECLARE
    part RECORD;
BEGIN
    FOR part IN SELECT relname, pg_get_expr(relpartbound, oid) AS bound
        FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = 'trail'::regclass
    LOOP
        EXECUTE format('CREATE TABLE again_%s PARTITION OF again %s', part.relname, part.bound);
    END LOOP;
END
$$;
