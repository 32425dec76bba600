-- In one transaction: what indexes there are on the trail is noted in the workshop, and they are dropped. In the definition of an
-- index on partitions, ONLY would make it without those of the partitions.
BEGIN;
DROP SCHEMA IF EXISTS helpdesk_seed CASCADE;
CREATE SCHEMA helpdesk_seed;
CREATE TABLE helpdesk_seed.rebuild (n BIGINT PRIMARY KEY, weight BIGINT NOT NULL, last BOOLEAN NOT NULL, statement TEXT NOT NULL);
INSERT INTO helpdesk_seed.rebuild
SELECT row_number() OVER (ORDER BY indexrelid), 1, false, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index WHERE indrelid = 'trail'::regclass AND NOT indisprimary;
INSERT INTO helpdesk_seed.rebuild
SELECT 1000 + row_number() OVER (ORDER BY conname DESC, conrelid), 1, true,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'p' AND conrelid = 'trail'::regclass;
SELECT format('DROP INDEX %s', indexrelid::regclass)
FROM pg_index WHERE indrelid = 'trail'::regclass AND NOT indisprimary \gexec
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
FROM pg_constraint WHERE contype = 'p' AND conrelid = 'trail'::regclass \gexec
COMMIT;
