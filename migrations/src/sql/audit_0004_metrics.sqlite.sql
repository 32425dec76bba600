CREATE TABLE metrics (
    grain VARCHAR(5) NOT NULL,
    dimension VARCHAR(20) NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    name VARCHAR(64) NOT NULL,
    value VARCHAR(200) NOT NULL,
    count BIGINT NOT NULL,
    timed BIGINT NOT NULL,
    total_ms BIGINT NOT NULL,
    least_ms BIGINT,
    most_ms BIGINT,
    PRIMARY KEY (grain, dimension, starts_at, name, value)
) WITHOUT ROWID;
