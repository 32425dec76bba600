-- How often things happened and how long they took: by hour, and rolled up by day, week and month. Rows are added to as
-- events come and can all be counted anew from the trail.
--
-- A hypertable where TimescaleDB is installed, else partitions by year; which of them is decided here, once, and nobody
-- who reads or writes can tell. Its library has to be loaded when the server starts: where it is not, CREATE EXTENSION
-- would end the connection, so the loader's own setting is looked for, which every role can see.
DO $$
DECLARE
    columns TEXT := '
        grain VARCHAR(5) NOT NULL,
        dimension VARCHAR(20) COLLATE "C" NOT NULL,
        starts_at TIMESTAMPTZ NOT NULL,
        name VARCHAR(64) COLLATE "C" NOT NULL,
        value VARCHAR(200) COLLATE "C" NOT NULL,
        count BIGINT NOT NULL,
        timed BIGINT NOT NULL,
        total_ms BIGINT NOT NULL,
        least_ms BIGINT,
        most_ms BIGINT,
        PRIMARY KEY (grain, dimension, starts_at, name, value)';
    timescale TEXT;
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
        AND EXISTS (SELECT FROM pg_settings WHERE name = 'timescaledb.disable_load') THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS timescaledb WITH SCHEMA public;
            SELECT extnamespace::regnamespace::text INTO STRICT timescale FROM pg_extension WHERE extname = 'timescaledb';
            EXECUTE format('CREATE TABLE metrics (%s)', columns);
            EXECUTE format(
                'SELECT %s.create_hypertable(%L::regclass, %L, chunk_time_interval => INTERVAL %L, create_default_indexes => false)',
                timescale, 'metrics', 'starts_at', '90 days');
            RETURN;
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE 'metrics: partitions instead of a hypertable: %', SQLERRM;
        END;
    END IF;
    EXECUTE format('CREATE TABLE metrics (%s) PARTITION BY RANGE (starts_at)', columns);
    FOR year IN 2025..2044 LOOP
        EXECUTE format(
            'CREATE TABLE metrics_%s PARTITION OF metrics FOR VALUES FROM (%L) TO (%L)',
            year, year || '-01-01T00:00:00Z', year + 1 || '-01-01T00:00:00Z');
    END LOOP;
    -- Nothing is refused for its age.
    CREATE TABLE metrics_other PARTITION OF metrics DEFAULT;
END
$$;
