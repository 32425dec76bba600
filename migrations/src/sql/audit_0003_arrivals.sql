-- Which numbers of each service's gap-free sequence have arrived, as ranges that neither overlap nor touch, both ends
-- included. Where nothing is missing, a service has one row.
CREATE TABLE arrivals (
    service TEXT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (service, first),
    CHECK (first >= 1 AND last >= first)
);
