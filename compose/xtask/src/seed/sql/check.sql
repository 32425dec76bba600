-- What holds in a database that was seeded and not worked on since. Each block is one check, named by the line that begins it;
-- it counts the rows that break the rule, and none may.

-- check: every number is HD- and at least six digits, and none is beyond the sequence
SELECT count(*) FROM tickets, ticket_number_seq
WHERE ticket_number !~ '^HD-([0-9]{6}|[1-9][0-9]{6,})$' OR substr(ticket_number, 4)::bigint > last_value;

-- check: ids are of version 7 and carry the time of their row
SELECT count(*) FROM (
    SELECT id, created_at FROM tickets UNION ALL SELECT id, created_at FROM ticket_comments
    UNION ALL (SELECT id, created_at FROM ticket_history TABLESAMPLE BERNOULLI (10) REPEATABLE (1))
) AS rows
WHERE substr(id::text, 15, 1) <> '7' OR substr(id::text, 20, 1) NOT IN ('8', '9', 'a', 'b')
    OR ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint <> floor(extract(epoch FROM created_at) * 1000);

-- check: nothing belongs to a ticket that is not there
SELECT (SELECT count(*) FROM ticket_comments AS c WHERE NOT EXISTS (SELECT FROM tickets WHERE id = c.ticket_id))
    + (SELECT count(*) FROM ticket_history AS h WHERE NOT EXISTS (SELECT FROM tickets WHERE id = h.ticket_id))
    + (SELECT count(*) FROM ticket_search AS s WHERE NOT EXISTS (SELECT FROM tickets WHERE id = s.ticket_id));

-- check: every ticket can be searched, as its requester's and by its time
SELECT count(*) FROM tickets AS t LEFT JOIN ticket_search AS s ON s.ticket_id = t.id
WHERE s.ticket_id IS NULL OR s.user_id <> t.user_id OR s.created_at <> t.created_at;

-- check: texts are trimmed, not empty, and not too long
SELECT (SELECT count(*) FROM tickets WHERE title <> trim(title) OR title = '' OR description <> trim(description)
        OR length(description) NOT BETWEEN 1 AND 20000)
    + (SELECT count(*) FROM ticket_comments WHERE content <> trim(content) OR length(content) NOT BETWEEN 1 AND 20000);

-- check: an open ticket is neither solved nor closed; one that somebody works on has an agent
SELECT count(*) FROM tickets
WHERE status IN ('OPEN', 'IN_PROGRESS', 'WAITING_USER') AND (resolved_at IS NOT NULL OR closed_at IS NOT NULL OR resolution IS NOT NULL)
    OR status <> 'OPEN' AND assigned_to IS NULL;

-- check: a resolved ticket has its solution and closes a day after it
SELECT count(*) FROM tickets
WHERE status = 'RESOLVED' AND (resolved_at IS NULL OR resolved_at < created_at OR closed_at IS NOT NULL OR resolution IS NULL
    OR next_timer_at IS DISTINCT FROM resolved_at + interval '24 hours');

-- check: a closed ticket was solved at most a day before, and nothing happens to it any more
SELECT count(*) FROM tickets
WHERE status = 'CLOSED' AND (resolved_at IS NULL OR closed_at IS NULL OR closed_at < resolved_at OR resolution IS NULL
    OR resolved_at < created_at OR closed_at > resolved_at + interval '24 hours' OR next_timer_at IS NOT NULL);

-- check: there is no other status, nor another priority
SELECT count(*) FROM tickets WHERE status NOT IN ('OPEN', 'IN_PROGRESS', 'WAITING_USER', 'RESOLVED', 'CLOSED')
    OR priority NOT IN ('LOW', 'MEDIUM', 'HIGH', 'URGENT');

-- check: exactly a waiting ticket stands still, in its last pause, and has no timer
SELECT count(*) FROM (
    SELECT status, next_timer_at,
        (SELECT count(*) FROM jsonb_array_elements(sla_pauses::jsonb) AS p WHERE p ->> 'to' IS NULL) AS open,
        sla_pauses::jsonb -> -1 ->> 'from' IS NOT NULL AND sla_pauses::jsonb -> -1 ->> 'to' IS NULL AS last_is_open
    FROM tickets
) AS t
WHERE open <> CASE status WHEN 'WAITING_USER' THEN 1 ELSE 0 END OR (status = 'WAITING_USER') <> last_is_open
    OR status = 'WAITING_USER' AND next_timer_at IS NOT NULL;

-- check: pauses follow each other within the ticket's life
SELECT count(*) FROM (
    SELECT created_at, updated_at, (p ->> 'from')::timestamptz AS since, (p ->> 'to')::timestamptz AS upto,
        lag((p ->> 'to')::timestamptz, 1, created_at) OVER (PARTITION BY id ORDER BY n) AS before
    FROM tickets, jsonb_array_elements(sla_pauses::jsonb) WITH ORDINALITY AS e (p, n)
    WHERE sla_pauses <> '[]'
) AS pauses
WHERE since <= before OR upto <= since OR coalesce(upto, since) > updated_at;

-- check: the due dates are the specification's table, and later by the pauses that have ended
SELECT count(*) FROM (
    SELECT t.*, CASE priority WHEN 'URGENT' THEN interval '30 minutes' WHEN 'HIGH' THEN interval '2 hours'
            WHEN 'MEDIUM' THEN interval '4 hours' ELSE interval '24 hours' END AS response,
        CASE priority WHEN 'URGENT' THEN interval '2 hours' WHEN 'HIGH' THEN interval '4 hours'
            WHEN 'MEDIUM' THEN interval '24 hours' ELSE interval '72 hours' END AS target,
        coalesce((SELECT sum((p ->> 'to')::timestamptz - (p ->> 'from')::timestamptz)
            FROM jsonb_array_elements(sla_pauses::jsonb) AS p WHERE p ->> 'to' IS NOT NULL), interval '0') AS paused
    FROM tickets AS t
) AS t
WHERE sla_started_at <> created_at OR response_due_at <> created_at + response OR due_date <> created_at + target + paused;

-- check: what a settled ticket's clocks were told of is what they came to
SELECT count(*) FROM (
    SELECT t.*, least(responded_at, resolved_at) AS answered, (response_due_at - created_at) / 5 AS late,
        CASE priority WHEN 'URGENT' THEN interval '24 minutes' WHEN 'HIGH' THEN interval '48 minutes'
            WHEN 'MEDIUM' THEN interval '288 minutes' ELSE interval '864 minutes' END AS later
    FROM tickets AS t WHERE status IN ('RESOLVED', 'CLOSED')
) AS t
WHERE response_alert <> CASE WHEN answered > response_due_at THEN 'BREACHED' WHEN answered > response_due_at - late THEN 'WARNED' ELSE 'NONE' END
    OR resolution_alert <> CASE WHEN resolved_at > due_date THEN 'BREACHED' WHEN resolved_at > due_date - later THEN 'WARNED' ELSE 'NONE' END;

-- check: a clock that runs is rung next when it has something to tell that it has not told
SELECT count(*) FROM (
    SELECT t.*, (response_due_at - created_at) / 5 AS late,
        CASE priority WHEN 'URGENT' THEN interval '24 minutes' WHEN 'HIGH' THEN interval '48 minutes'
            WHEN 'MEDIUM' THEN interval '288 minutes' ELSE interval '864 minutes' END AS later
    FROM tickets AS t WHERE status IN ('OPEN', 'IN_PROGRESS')
) AS t
WHERE next_timer_at IS DISTINCT FROM least(
        CASE WHEN responded_at IS NULL THEN CASE response_alert WHEN 'NONE' THEN response_due_at - late WHEN 'WARNED' THEN response_due_at END END,
        CASE resolution_alert WHEN 'NONE' THEN due_date - later WHEN 'WARNED' THEN due_date END)
    OR resolution_alert = 'BREACHED' AND due_date > now() OR response_alert = 'BREACHED' AND response_due_at > now();

-- check: nothing is rung that was due before the seeding (a day's grace for a check that comes late)
SELECT count(*) FROM tickets WHERE next_timer_at < (SELECT max(updated_at) FROM tickets) - interval '24 hours';

-- check: the response is the first public comment of an agent, or there is none
SELECT count(*) FROM tickets AS t
LEFT JOIN (
    SELECT ticket_id, min(created_at) AS at FROM ticket_comments AS c
    WHERE NOT is_internal AND EXISTS (SELECT FROM staff WHERE staff.user_id = c.user_id) GROUP BY ticket_id
) AS answer ON answer.ticket_id = t.id
WHERE responded_at IS DISTINCT FROM answer.at;

-- check: comments are the requester's or an agent's, within the ticket's life, and internal ones an agent's
SELECT count(*) FROM ticket_comments AS c JOIN tickets AS t ON t.id = ticket_id LEFT JOIN staff AS s ON s.user_id = c.user_id
WHERE c.created_at <= t.created_at OR c.created_at > coalesce(t.resolved_at, now())
    OR c.created_at > t.updated_at AND NOT is_internal OR s.user_id IS NULL AND (c.user_id <> t.user_id OR is_internal);

-- check: tickets are assigned to active agents
SELECT count(*) FROM tickets AS t LEFT JOIN staff AS s ON s.user_id = assigned_to
WHERE assigned_to IS NOT NULL AND (s.role IS DISTINCT FROM 'agent' OR NOT s.is_active);

-- check: a ticket's version counts its changes, one by one, and its last change is its time
SELECT count(*) FROM tickets AS t
LEFT JOIN (
    SELECT ticket_id, min(version) AS first, max(version) AS version, count(DISTINCT version) AS steps,
        max(created_at) AS at, count(*) FILTER (WHERE action = 'CREATED') AS created
    FROM ticket_history WHERE NOT is_internal GROUP BY ticket_id
) AS h ON h.ticket_id = t.id
WHERE h.version IS DISTINCT FROM t.version OR h.first <> 1 OR h.steps <> t.version OR h.at <> t.updated_at OR h.created <> 1;

-- check: the history has one order, and each version one cause
SELECT count(*) FROM (
    SELECT version, created_at, action, is_internal, user_id,
        lag(version) OVER line AS version_before, lag(created_at) OVER line AS at_before,
        lag(action) OVER line AS action_before, lag(user_id) OVER line AS user_before
    FROM ticket_history WINDOW line AS (PARTITION BY ticket_id ORDER BY created_at, id)
) AS lines
WHERE version_before IS NULL AND action <> 'CREATED'
    OR version < version_before
    OR NOT is_internal AND version = version_before AND at_before = created_at
        AND (action <> action_before OR user_id IS DISTINCT FROM user_before)
    OR version > version_before AND (is_internal OR at_before > created_at);

-- check: the moves are the workflow's, from OPEN to where the ticket stands
SELECT (
    SELECT count(*) FROM (
        SELECT old_value, new_value, lag(new_value, 1, 'OPEN') OVER (PARTITION BY ticket_id ORDER BY version) AS stood
        FROM ticket_history WHERE field_name = 'status'
    ) AS moves
    WHERE old_value <> stood OR (old_value, new_value) NOT IN (('OPEN', 'IN_PROGRESS'), ('IN_PROGRESS', 'WAITING_USER'),
        ('WAITING_USER', 'IN_PROGRESS'), ('IN_PROGRESS', 'RESOLVED'), ('RESOLVED', 'CLOSED'))
) + (
    SELECT count(*) FROM tickets AS t
    LEFT JOIN (
        SELECT DISTINCT ON (ticket_id) ticket_id, new_value FROM ticket_history WHERE field_name = 'status'
        ORDER BY ticket_id, version DESC
    ) AS last ON last.ticket_id = t.id
    WHERE coalesce(last.new_value, 'OPEN') <> status
);

-- check: the history leads every field to its present value
SELECT count(*) FROM (
    SELECT DISTINCT ON (ticket_id, field_name) ticket_id, field_name, new_value FROM ticket_history
    WHERE field_name <> 'comment' ORDER BY ticket_id, field_name, version DESC
) AS h
JOIN tickets AS t ON t.id = ticket_id
WHERE new_value IS DISTINCT FROM CASE field_name
    WHEN 'status' THEN status WHEN 'assignedTo' THEN assigned_to::text WHEN 'resolution' THEN resolution
    WHEN 'dueDate' THEN to_char(due_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    WHEN 'resolvedAt' THEN to_char(resolved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    WHEN 'closedAt' THEN to_char(closed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    WHEN 'respondedAt' THEN to_char(responded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    WHEN 'responseAlert' THEN response_alert WHEN 'resolutionAlert' THEN resolution_alert WHEN 'slaPauses' THEN sla_pauses END;

-- check: every field that was ever set has a line that set it
SELECT count(*) FROM tickets AS t
JOIN (
    SELECT ticket_id, bool_or(field_name = 'assignedTo') AS assigned, bool_or(field_name = 'resolvedAt') AS resolved,
        bool_or(field_name = 'resolution') AS resolution, bool_or(field_name = 'closedAt') AS closed,
        bool_or(field_name = 'respondedAt') AS responded, bool_or(field_name = 'slaPauses') AS paused,
        bool_or(field_name = 'responseAlert') AS response, bool_or(field_name = 'resolutionAlert') AS late
    FROM ticket_history GROUP BY ticket_id
) AS h ON h.ticket_id = t.id
WHERE coalesce(assigned, false) <> (assigned_to IS NOT NULL) OR coalesce(h.resolved, false) <> (resolved_at IS NOT NULL)
    OR coalesce(h.resolution, false) <> (t.resolution IS NOT NULL) OR coalesce(closed, false) <> (closed_at IS NOT NULL)
    OR coalesce(responded, false) <> (responded_at IS NOT NULL) OR coalesce(paused, false) <> (sla_pauses <> '[]')
    OR coalesce(response, false) <> (response_alert <> 'NONE') OR coalesce(late, false) <> (resolution_alert <> 'NONE');

-- check: every comment has its line in the history, and every such line its comment
SELECT count(*) FROM ticket_comments AS c
FULL JOIN (SELECT * FROM ticket_history WHERE field_name = 'comment') AS h ON h.new_value = c.id::text
WHERE c.id IS NULL OR h.id IS NULL OR h.ticket_id <> c.ticket_id OR h.user_id <> c.user_id OR h.created_at <> c.created_at
    OR h.is_internal <> c.is_internal OR h.action <> 'COMMENTED';

-- check: whom a requester answers waits no more (no comment of theirs lies within a pause)
SELECT count(*) FROM ticket_comments AS c JOIN tickets AS t ON t.id = ticket_id AND c.user_id = t.user_id,
    jsonb_array_elements(sla_pauses::jsonb) AS p
WHERE sla_pauses <> '[]' AND c.created_at > (p ->> 'from')::timestamptz
    AND c.created_at + interval '1 microsecond' < coalesce((p ->> 'to')::timestamptz, now());

-- check: the search has exactly what the texts say, stemmed and without accents (a hundredth of the tickets)
SELECT count(*) FROM (
    SELECT s.document, setweight(to_tsvector('french', title)
            || to_tsvector('english', title), 'A')
        || setweight(to_tsvector('french', description) || to_tsvector('english', description), 'B') AS head,
        to_char(opened AT TIME ZONE 'UTC', '"@"IYYY"w"IW') AS week,
        (SELECT array_agg(setweight(to_tsvector('french', plain) || to_tsvector('english', plain), 'C'))
         FROM (SELECT translate(replace(lower(content), 'œ', 'oe'), 'àâäçéèêëîïôöùûüÿ', 'aaaceeeeiioouuuy') AS plain
               FROM ticket_comments AS c WHERE c.ticket_id = t.id AND NOT is_internal) AS public) AS said
    FROM (
        SELECT id, created_at AS opened, translate(replace(lower(title), 'œ', 'oe'), 'àâäçéèêëîïôöùûüÿ', 'aaaceeeeiioouuuy') AS title,
            translate(replace(lower(description), 'œ', 'oe'), 'àâäçéèêëîïôöùûüÿ', 'aaaceeeeiioouuuy') AS description
        FROM tickets TABLESAMPLE BERNOULLI (1) REPEATABLE (1)
    ) AS t LEFT JOIN ticket_search AS s ON s.ticket_id = t.id
) AS found
-- The title and the description stand at its beginning, positions and all; behind them the words of the comments.
WHERE document IS NULL
    OR NOT tsvector_to_array(document) @> ARRAY[week]
    OR ts_filter(document, '{a,b}')::text <> ts_filter(head, '{a,b}')::text
    OR ARRAY(SELECT unnest(tsvector_to_array(ts_filter(document, '{c}'))) ORDER BY 1)
        <> ARRAY(SELECT DISTINCT unnest(tsvector_to_array(one)) FROM unnest(said) AS one ORDER BY 1);

-- check: nothing waits to be published
SELECT count(*) FROM outbox WHERE sequence IS NULL;

-- check: the workshop is gone, every index is valid and every foreign key is checked
SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'helpdesk_seed')
    + (SELECT count(*) FROM pg_index WHERE NOT indisvalid) + (SELECT count(*) FROM pg_constraint WHERE NOT convalidated);

-- check: the shares are those of a helpdesk, within 1.5 points (from 10,000 tickets on)
SELECT count(*) FROM (
    SELECT abs(avg((status = 'CLOSED')::int) - 0.80) AS off FROM tickets
    UNION ALL SELECT abs(avg((status = 'RESOLVED')::int) - 0.05) FROM tickets
    UNION ALL SELECT abs(avg((status = 'OPEN')::int) - 0.05) FROM tickets
    UNION ALL SELECT abs(avg((status = 'IN_PROGRESS')::int) - 0.06) FROM tickets
    UNION ALL SELECT abs(avg((status = 'WAITING_USER')::int) - 0.04) FROM tickets
    UNION ALL SELECT abs(avg((priority = 'LOW')::int) - 0.30) FROM tickets
    UNION ALL SELECT abs(avg((priority = 'MEDIUM')::int) - 0.45) FROM tickets
    UNION ALL SELECT abs(avg((priority = 'HIGH')::int) - 0.18) FROM tickets
    UNION ALL SELECT abs(avg((priority = 'URGENT')::int) - 0.07) FROM tickets
    UNION ALL SELECT abs(avg((assigned_to IS NULL)::int) - 0.10) FROM tickets WHERE status IN ('OPEN', 'IN_PROGRESS', 'WAITING_USER')
    -- With few comments on each, most are the first words, which are for all.
    UNION ALL SELECT abs(avg(is_internal::int) - 0.20) FROM ticket_comments HAVING count(*) >= 3 * (SELECT count(*) FROM tickets)
) AS shares
WHERE off > 0.015 AND (SELECT count(*) FROM tickets) >= 10000;
