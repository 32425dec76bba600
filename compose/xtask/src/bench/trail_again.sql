-- Tables like the trail and what it is searched by: the same columns, indexes and partitions, and nothing in them.
DROP TABLE IF EXISTS again_trail, again_trail_search;
CREATE TABLE again_trail (LIKE trail INCLUDING ALL) PARTITION BY RANGE (recorded_at);
CREATE TABLE again_trail_search (LIKE trail_search INCLUDING ALL) PARTITION BY RANGE ("timestamp");
DO $$
DECLARE
    part RECORD;
BEGIN
    FOR part IN SELECT inhparent::regclass AS whole, relname, pg_get_expr(relpartbound, oid) AS bound
        FROM pg_class JOIN pg_inherits ON inhrelid = oid
        WHERE inhparent IN ('trail'::regclass, 'trail_search'::regclass)
    LOOP
        EXECUTE format('CREATE TABLE again_%s PARTITION OF again_%s %s', part.relname, part.whole, part.bound);
    END LOOP;
END
$$;
