-- In one transaction: what indexes there are on the trail and on the numbers is noted in the workshop, and they are dropped. In the
-- definition of an index on partitions, ONLY would make it without those of the partitions. A hypertable keeps its key.
BEGIN;
DROP SCHEMA IF EXISTS helpdesk_seed CASCADE;
CREATE SCHEMA helpdesk_seed;
CREATE TABLE helpdesk_seed.rebuild (n BIGINT PRIMARY KEY, weight BIGINT NOT NULL, last BOOLEAN NOT NULL, statement TEXT NOT NULL);
CREATE TEMP TABLE filled ON COMMIT DROP AS
SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'p' AND relname IN ('trail', 'metrics');
INSERT INTO helpdesk_seed.rebuild
SELECT row_number() OVER (ORDER BY indexrelid), 1, false, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index WHERE indrelid IN (SELECT oid FROM filled) AND NOT indisprimary;
INSERT INTO helpdesk_seed.rebuild
SELECT 1000 + row_number() OVER (ORDER BY conname DESC), 1, true,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'p' AND conrelid IN (SELECT oid FROM filled);
SELECT format('DROP INDEX %s', indexrelid::regclass)
FROM pg_index WHERE indrelid IN (SELECT oid FROM filled) AND NOT indisprimary \gexec
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'p' AND conrelid IN (SELECT oid FROM filled) \gexec
COMMIT;
