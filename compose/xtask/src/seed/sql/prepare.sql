-- The workshop: a schema of its own with what the generation needs, dropped when it is done. Everything below is a function
-- of a key and the seed, never of random(), so that any part can be made by any connection in any order, and again.
CREATE SCHEMA helpdesk_seed;

-- A number in [0, 1) for a key and a purpose.
CREATE FUNCTION helpdesk_seed.u(key BIGINT, what INT) RETURNS FLOAT8 IMMUTABLE PARALLEL SAFE
RETURN ((hashint8extended(key, what::bigint * 1000003 + :seed) >> 11) & 9007199254740991)::float8 / 9007199254740992;

-- Around 0, nearly normal, with a deviation of 0.58.
CREATE FUNCTION helpdesk_seed.bell(key BIGINT, what INT) RETURNS FLOAT8 IMMUTABLE PARALLEL SAFE
RETURN helpdesk_seed.u(key, what) + helpdesk_seed.u(key, what + 1) + helpdesk_seed.u(key, what + 2)
     + helpdesk_seed.u(key, what + 3) - 2;

-- Times are counted in microseconds since 1970, whole as they are stored.
CREATE FUNCTION helpdesk_seed.at(us BIGINT) RETURNS TIMESTAMPTZ IMMUTABLE PARALLEL SAFE
RETURN to_timestamp(us / 1e6::float8);

-- Within JSON times have as many digits as they need; in the history they have six.
CREATE FUNCTION helpdesk_seed.json(us BIGINT) RETURNS TEXT IMMUTABLE PARALLEL SAFE
RETURN to_char(timestamp 'epoch' + us * interval '1 microsecond', CASE WHEN us % 1000000 = 0 THEN '"\""YYYY-MM-DD"T"HH24:MI:SS"Z\""'
    WHEN us % 1000 = 0 THEN '"\""YYYY-MM-DD"T"HH24:MI:SS.MS"Z\""' ELSE '"\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\""' END);
CREATE FUNCTION helpdesk_seed.rfc3339(us BIGINT) RETURNS TEXT IMMUTABLE PARALLEL SAFE
RETURN to_char(timestamp 'epoch' + us * interval '1 microsecond', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- A UUIDv7 as the program makes them: milliseconds, the microseconds as a fraction of 12 bits, the rest drawn.
CREATE FUNCTION helpdesk_seed.id(us BIGINT, key BIGINT, what INT) RETURNS UUID IMMUTABLE PARALLEL SAFE
RETURN ('0' || to_hex(us / 1000) || to_hex(28672 + us % 1000 * 4096 / 1000)
     || to_hex((hashint8extended(key, what::bigint * 1000003 + :seed) & 4611686018427387903)
             | (-9223372036854775808)::bigint))::uuid;

-- The same for one of several things of one moment, in the order of their places (0 to 15).
CREATE FUNCTION helpdesk_seed.id_in_order(us BIGINT, key BIGINT, place INT, what INT) RETURNS UUID IMMUTABLE PARALLEL SAFE
RETURN ('0' || to_hex(us / 1000) || to_hex(28672 + us % 1000 * 4096 / 1000)
     || to_hex((hashint8extended(key, what::bigint * 1000003 + :seed) & 288230376151711743) | (place::bigint << 58)
             | (-9223372036854775808)::bigint))::uuid;

-- The same people whatever is seeded and however often: they joined from 2020 on, a minute apart.
CREATE FUNCTION helpdesk_seed.requester(number BIGINT) RETURNS UUID IMMUTABLE PARALLEL SAFE
RETURN helpdesk_seed.id(1577836800000000 + number * 60000000, number, 90);
CREATE FUNCTION helpdesk_seed.agent(number BIGINT) RETURNS UUID IMMUTABLE PARALLEL SAFE
RETURN helpdesk_seed.id(1546300800000000 + number * 60000000, number, 91);

-- What the search reads: lower case, no accents.
CREATE FUNCTION helpdesk_seed.fold(written TEXT) RETURNS TEXT IMMUTABLE PARALLEL SAFE
RETURN translate(replace(lower(written), 'œ', 'oe'), 'àâäçéèêëîïôöùûüÿ', 'aaaceeeeiioouuuy');

-- In both languages, since nobody says in which one they write.
CREATE FUNCTION helpdesk_seed.stems(folded TEXT) RETURNS TSVECTOR IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('french', folded) || to_tsvector('english', folded);
CREATE AGGREGATE helpdesk_seed.joined(TSVECTOR) (SFUNC = tsvector_concat, STYPE = TSVECTOR);

-- The plan: a row for each ticket, in the order of their numbers, which is that of their opening.
CREATE TABLE helpdesk_seed.plan (i BIGINT PRIMARY KEY, status TEXT NOT NULL, created BIGINT NOT NULL, comments INT NOT NULL);
INSERT INTO helpdesk_seed.plan
SELECT i, status,
    -- Two years; at their end three times as many tickets a day as at their beginning.
    :until - 60000000 - (63072000000000 * (1 - (sqrt(1 + 8 * place) - 1) / 2))::bigint,
    greatest(CASE status WHEN 'WAITING_USER' THEN 1 ELSE 0 END,
        least(40, floor(-ln(1 - helpdesk_seed.u(i, 3)) * (:comments::float8 / :tickets + 0.5)
            -- What nobody has taken up has been talked about less.
            * CASE status WHEN 'OPEN' THEN 0.4 ELSE 1 END)::int))
FROM (
    SELECT i, place,
        -- Unsettled are 1 in 5 (with those resolved today), and the newer the likelier.
        CASE WHEN helpdesk_seed.u(i, 1) >= 1 - (1 - place) / 0.4 THEN 'CLOSED'
             WHEN helpdesk_seed.u(i, 2) < 0.25 THEN 'OPEN'
             WHEN helpdesk_seed.u(i, 2) < 0.55 THEN 'IN_PROGRESS'
             WHEN helpdesk_seed.u(i, 2) < 0.75 THEN 'WAITING_USER'
             ELSE 'RESOLVED' END AS status
    FROM (SELECT i, (i - :base - helpdesk_seed.u(i, 0)) / :tickets::float8 AS place
          FROM generate_series(:base + 1, :base + :tickets) AS i) AS placed
) AS standing;

SET helpdesk_seed.comments = :comments;
-- To the comment as many as were asked for: the rest is given or taken one by one, over all tickets evenly.
DO $$
DECLARE
    wanted BIGINT := current_setting('helpdesk_seed.comments')::bigint;
    rest BIGINT;
    touched BIGINT;
BEGIN
    LOOP
        SELECT wanted - sum(comments) INTO rest FROM helpdesk_seed.plan;
        EXIT WHEN rest = 0;
        UPDATE helpdesk_seed.plan SET comments = comments + sign(rest)::int
        WHERE i IN (
            SELECT i FROM helpdesk_seed.plan
            WHERE status <> 'OPEN'
                AND CASE WHEN rest > 0 THEN comments < 40
                         ELSE comments > CASE status WHEN 'WAITING_USER' THEN 1 ELSE 0 END END
            ORDER BY helpdesk_seed.u(i, 4) LIMIT abs(rest));
        GET DIAGNOSTICS touched = ROW_COUNT;
        IF touched = 0 THEN RAISE EXCEPTION 'so many comments do not go on so many tickets: 0 to 40 on each'; END IF;
    END LOOP;
END $$;

-- How many of the agents' words, but for the first of each ticket, are for agents only, that a fifth of all comments is.
SELECT coalesce(least(0.95, 0.4 * sum(comments) / nullif(sum(greatest(comments - 2, 0)), 0)), 0) AS secrecy
FROM helpdesk_seed.plan \gset
CREATE FUNCTION helpdesk_seed.secrecy() RETURNS FLOAT8 IMMUTABLE PARALLEL SAFE RETURN :secrecy::float8;
