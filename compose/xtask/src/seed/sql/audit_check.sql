-- What must hold in a trail that was made up. Whether it is intact, audit says itself (GET /audit/verify).

-- check: the trail has no gap
SELECT max(sequence) - count(*) FROM trail;

-- check: its signed end is its last row
SELECT count(*) FROM trail_head AS head WHERE NOT EXISTS
    (SELECT FROM trail WHERE sequence = head.sequence AND hash = head.hash AND recorded_at = head.recorded_at)
    OR sequence <> (SELECT max(sequence) FROM trail);

-- check: every checkpoint is a row
SELECT count(*) FROM checkpoints AS it LEFT JOIN trail USING (sequence, recorded_at)
WHERE trail.hash IS DISTINCT FROM it.hash;

-- check: what has arrived of each source is what it has numbered, and together that is the trail
SELECT count(*) FROM (SELECT sum(last) AS numbers, min(first) AS first FROM arrivals) AS it
WHERE first <> 1 OR numbers <> (SELECT count(*) FROM trail);

-- check: by hour, day, week and month every event is counted
SELECT count(*) FROM (SELECT sum(count) AS counted FROM metrics
    WHERE dimension = '' AND name = 'events_recorded' GROUP BY grain) AS it
WHERE counted <> (SELECT count(*) FROM trail);

-- check: who did what is counted by the month as it is recorded
SELECT count(*) FROM
    (SELECT value, sum(count) AS counted FROM metrics WHERE grain = 'month' AND dimension = 'user' GROUP BY value) AS one
    FULL JOIN (SELECT user_id::text AS value, count(*) AS counted FROM trail WHERE user_id IS NOT NULL GROUP BY user_id) AS other
    USING (value)
WHERE one.counted IS DISTINCT FROM other.counted;

-- check: what is sealed opens with somebody's key
SELECT count(*) FROM trail LEFT JOIN person_keys USING (person_id) WHERE sealed IS NOT NULL AND personal_key IS NULL;

-- check: nothing is recorded before it happens
SELECT count(*) FROM trail WHERE recorded_at < "timestamp";
