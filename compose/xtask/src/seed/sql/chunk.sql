-- One chunk of the plan, tickets :first to :last, in one transaction: whole or not at all. All times in microseconds.
BEGIN;

-- Who, what, and how fast.
CREATE TEMP TABLE base ON COMMIT DROP AS
SELECT *,
    created + least((response * exp(helpdesk_seed.bell(i, 30) * 1.1 - 0.8))::bigint, (ending - created) * 6 / 10) AS answer
FROM (
    SELECT *,
        -- Until when people write on it.
        CASE WHEN resolved IS NOT NULL THEN resolved
             WHEN status = 'WAITING_USER'
                THEN created + (least(life, target * 8 / 10) * (0.3 + 0.69 * helpdesk_seed.u(i, 18)))::bigint
             ELSE created + (life * (0.3 + 0.69 * helpdesk_seed.u(i, 18)))::bigint END AS ending
    FROM (
        SELECT *,
            CASE status
                WHEN 'RESOLVED' THEN :until - (least(:day * 47 / 48, life / 2) * helpdesk_seed.u(i, 16))::bigint
                WHEN 'CLOSED' THEN created + CASE WHEN work + :day <= life THEN work
                    ELSE (life * (0.2 + 0.5 * helpdesk_seed.u(i, 16)))::bigint END
            END AS resolved
        FROM (
            SELECT *, :until - created AS life,
                (target * exp(helpdesk_seed.bell(i, 10) * 1.1 - 0.6))::bigint AS work
            FROM (
                SELECT p.*,
                    level.name AS priority, level.response * 60000000 AS response, level.target * 60000000 AS target,
                    helpdesk_seed.requester(floor(:users * power(helpdesk_seed.u(i, 6), 2))::bigint) AS requester,
                    CASE WHEN status <> 'OPEN' OR helpdesk_seed.u(i, 7) >= 0.3
                        THEN helpdesk_seed.agent(floor(:agents * power(helpdesk_seed.u(i, 8), 1.3))::bigint) END AS agent,
                    CASE WHEN helpdesk_seed.u(i, 9) < 0.6 THEN 'fr' ELSE 'en' END AS lang,
                    drawer.number AS drawer, drawer.name AS category
                FROM helpdesk_seed.plan AS p
                JOIN (VALUES (0.00, 0.30, 'LOW', 1440::bigint, 4320::bigint), (0.30, 0.75, 'MEDIUM', 240, 1440),
                             (0.75, 0.93, 'HIGH', 120, 240), (0.93, 1.00, 'URGENT', 30, 120))
                    AS level (low, high, name, response, target)
                    ON helpdesk_seed.u(i, 5) >= low AND helpdesk_seed.u(i, 5) < high
                JOIN helpdesk_seed.drawer ON helpdesk_seed.u(i, 14) >= drawer.low AND helpdesk_seed.u(i, 14) < drawer.high
                WHERE i BETWEEN :first AND :last
            ) AS who
        ) AS pace
    ) AS solved
) AS ended;

-- Who has it, from when; when it was taken up and closed.
CREATE TEMP TABLE moved ON COMMIT DROP AS
SELECT *, created + ((taken - created) * (0.1 + 0.8 * helpdesk_seed.u(i, 20)))::bigint AS given,
    CASE WHEN status <> 'CLOSED' THEN NULL
         WHEN helpdesk_seed.u(i, 21) < 0.6 AND resolved + :day <= :until THEN resolved + :day
         ELSE resolved + (least(:day, :until - resolved) * (0.02 + 0.97 * helpdesk_seed.u(i, 22)))::bigint END AS closed,
    helpdesk_seed.u(i, 21) < 0.6 AND resolved + :day <= :until AS by_itself
FROM (SELECT *, created + ((answer - created) * (0.3 + 0.6 * helpdesk_seed.u(i, 19)))::bigint AS taken FROM base) AS up;

-- Requester and agent write in turns. Where a ticket waits, the last word is the agent's; an agent's first word is for all.
CREATE TEMP TABLE talk ON COMMIT DROP AS
SELECT *, CASE WHEN NOT by_agent THEN requester
               WHEN helpdesk_seed.u(key, 50) < 0.85 THEN agent
               ELSE helpdesk_seed.agent(floor(:agents * helpdesk_seed.u(key, 51))::bigint) END AS author,
    by_agent AND NOT internal AND status <> 'OPEN'
        AND (last AND status = 'WAITING_USER'
            -- While the clock can still be told by nobody, so that it stands the same however it is reckoned.
            OR NOT last AND helpdesk_seed.u(key, 52) < 0.35 AND wrote < created + target * 8 / 10) AS asks
FROM (
    SELECT *, by_agent AND k > 2 AND helpdesk_seed.u(key, 53) < helpdesk_seed.secrecy() AND NOT (last AND status = 'WAITING_USER') AS internal
    FROM (
        SELECT m.*, k, i * 64 + k AS key, k = comments AS last,
            answer + ((ending - answer) * power((k - 1)::float8 / comments, 1.2))::bigint AS wrote,
            CASE WHEN k < comments
                THEN answer + ((ending - answer) * power(k::float8 / comments, 1.2))::bigint END AS next,
            CASE status
                WHEN 'WAITING_USER' THEN (comments - k) % 2 = 0
                WHEN 'OPEN' THEN agent IS NOT NULL AND helpdesk_seed.u(i, 23) < 0.4 AND k % 2 = 1
                ELSE (k + CASE WHEN helpdesk_seed.u(i, 23) < 0.2 THEN 1 ELSE 0 END) % 2 = 1 END AS by_agent
        FROM moved AS m, generate_series(1, comments) AS k
    ) AS turns
) AS said;

-- From the agent's question to the requester's answer the ticket waits and its clocks stand still. The answer moves it on, a
-- microsecond later. `before` and `after` are the pauses that have ended, as they are stored.
CREATE TEMP TABLE pause ON COMMIT DROP AS
SELECT *, lag(done, 1, 0::bigint) OVER each AS done_before, lag(ended, 1, '') OVER each AS ended_before
FROM (
    SELECT *, '{"from":' || helpdesk_seed.json(since) || ',"to":null}' AS open,
        (sum(upto - since) OVER each)::bigint AS done,
        string_agg('{"from":' || helpdesk_seed.json(since) || ',"to":' || helpdesk_seed.json(upto) || '}', ',') OVER each AS ended
    FROM (
        SELECT i, k, author, requester, created + target AS nominal, next + 1 AS upto, wrote + 1
            + least((coalesce(next, ending) - wrote) * 3 / 10, (helpdesk_seed.u(key, 54) * 90000000)::bigint) AS since
        FROM talk WHERE asks
    ) AS asked
    WINDOW each AS (PARTITION BY i ORDER BY k)
) AS told
WINDOW each AS (PARTITION BY i ORDER BY k);

-- The texts: of the ticket (0), of its comments, of what solved it (63).
CREATE TEMP TABLE body ON COMMIT DROP AS
SELECT i, k, string_agg(text, ' ' ORDER BY s) AS text, string_agg(folded, ' ' ORDER BY s) AS folded
FROM (
    SELECT w.i, w.k, s, p.text || tail.text AS text, p.folded || tail.folded AS folded
    FROM (
        SELECT i, k, lang, least(19, 2 + floor(-ln(1 - helpdesk_seed.u(i * 64 + k, 60)) * CASE k WHEN 0 THEN 3.5 ELSE 1.8 END)::int)
            AS sentences
        FROM (SELECT i, 0 AS k, lang FROM moved UNION ALL SELECT i, k, lang FROM talk) AS written
        UNION ALL SELECT i, 63, lang, 1 FROM moved WHERE resolved IS NOT NULL
    ) AS w
    CROSS JOIN LATERAL generate_series(1, sentences) AS s
    JOIN helpdesk_seed.phrase AS p
        ON p.lang = w.lang AND p.id = floor(4096 * helpdesk_seed.u((w.i * 64 + w.k) * 32 + s, 61))::int
    -- What occurs here and there and is searched for by name: a machine, an error.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s > 1 OR rare >= 0.3 THEN '' WHEN rare < 0.15 THEN ' PC-' ELSE ' ERR-' END
            || CASE WHEN s > 1 OR rare >= 0.3 THEN '' ELSE lpad(code::text, 5, '0') || '.' END,
            CASE WHEN s > 1 OR rare >= 0.3 THEN '' WHEN rare < 0.15 THEN ' pc-' ELSE ' err-' END
            || CASE WHEN s > 1 OR rare >= 0.3 THEN '' ELSE lpad(code::text, 5, '0') || '.' END
        FROM (SELECT helpdesk_seed.u(w.i * 64 + w.k, 62) AS rare,
                     power(60000, helpdesk_seed.u(w.i * 64 + w.k, 63))::int AS code) AS drawn
    ) AS tail (text, folded)
) AS pieces
GROUP BY i, k;

ANALYZE talk, body, pause;

-- The clocks: none of them has been told of while it stood still.
CREATE TEMP TABLE clocks ON COMMIT DROP AS
SELECT *,
    CASE WHEN least(responded, resolved, :until) > response_due THEN 'BREACHED'
         WHEN least(responded, resolved, :until) > response_warn THEN 'WARNED' ELSE 'NONE' END AS response_alert,
    CASE WHEN status = 'WAITING_USER' THEN 'NONE'
         WHEN least(resolved, :until) > due THEN 'BREACHED'
         WHEN least(resolved, :until) > warn THEN 'WARNED' ELSE 'NONE' END AS resolution_alert
FROM (
    SELECT m.*, answered.responded, answered.answering, coalesce(paused.list, '[]') AS pauses,
        created + response AS response_due, created + response * 8 / 10 AS response_warn,
        created + target + coalesce(paused.us, 0) AS due, created + target * 8 / 10 + coalesce(paused.us, 0) AS warn
    FROM moved AS m
    LEFT JOIN (
        SELECT i, min(wrote) AS responded, min(k) AS answering FROM talk WHERE by_agent AND NOT internal GROUP BY i
    ) AS answered USING (i)
    LEFT JOIN (
        SELECT i, sum(upto - since)::bigint AS us, '[' || string_agg('{"from":' || helpdesk_seed.json(since) || ',"to":'
            || coalesce(helpdesk_seed.json(upto), 'null') || '}', ',' ORDER BY k) || ']' AS list
        FROM pause GROUP BY i
    ) AS paused USING (i)
) AS reckoned;

ANALYZE clocks;
CREATE TEMP TABLE whole ON COMMIT DROP AS
SELECT c.*, helpdesk_seed.id(c.created, c.i, 70) AS id, 'HD-' || lpad(i::text, greatest(6, length(i::text)), '0') AS number,
    title.text AS title, title.folded AS title_folded, told.text AS description, told.folded AS description_folded,
    cure.text AS resolution
FROM clocks AS c
JOIN helpdesk_seed.title ON title.lang = c.lang AND title.drawer = c.drawer
    AND title.id = floor(576 * helpdesk_seed.u(c.i, 71))::int
JOIN body AS told USING (i)
LEFT JOIN (SELECT i, text FROM body WHERE k = 63) AS cure USING (i)
WHERE told.k = 0;

-- Everything that happened, step by step (n), a line for each field that it changed (place). A step raises the version; a word
-- among agents is none.
CREATE TEMP TABLE happened ON COMMIT DROP AS
SELECT *, sum(CASE WHEN place = 0 AND NOT internal THEN 1 ELSE 0 END) OVER (PARTITION BY i ORDER BY us, n, place) AS version
FROM (
    SELECT i, created AS us, 0 AS n, 0 AS place, requester AS who, 'CREATED' AS action, NULL AS field, NULL AS old,
        NULL AS new, false AS internal FROM whole
    UNION ALL SELECT i, given, 1, 0, agent, 'ASSIGNED', 'assignedTo', NULL, agent::text, false FROM whole WHERE agent IS NOT NULL
    UNION ALL SELECT i, taken, 2, 0, agent, 'STATUS_CHANGED', 'status', 'OPEN', 'IN_PROGRESS', false FROM whole
        WHERE status <> 'OPEN'
    UNION ALL SELECT i, resolved, 3, place, agent, 'STATUS_CHANGED', field, old, new, false FROM whole, LATERAL (VALUES
            (0, 'status', 'IN_PROGRESS', 'RESOLVED'), (1, 'resolution', NULL, resolution),
            (2, 'resolvedAt', NULL, helpdesk_seed.rfc3339(resolved))) AS line (place, field, old, new)
        WHERE resolved IS NOT NULL
    UNION ALL SELECT i, closed, 4, place, CASE WHEN NOT by_itself THEN requester END, 'STATUS_CHANGED', field, old, new, false
        FROM whole, LATERAL (VALUES (0, 'status', 'RESOLVED', 'CLOSED'),
            (1, 'closedAt', NULL, helpdesk_seed.rfc3339(closed))) AS line (place, field, old, new)
        WHERE closed IS NOT NULL
    UNION ALL SELECT i, wrote, 100 + k, 0, author, 'COMMENTED', 'comment', NULL, helpdesk_seed.id(wrote, key, 72)::text, internal
        FROM talk
    UNION ALL SELECT i, responded, 100 + k, 1, author, 'COMMENTED', 'respondedAt', NULL, helpdesk_seed.rfc3339(responded), false
        FROM talk JOIN (SELECT i, responded, answering AS k FROM whole) AS first USING (i, k)
    UNION ALL SELECT i, since, 200 + k, place, author, 'STATUS_CHANGED', field, old, new, false FROM pause, LATERAL (VALUES
            (0, 'status', 'IN_PROGRESS', 'WAITING_USER'),
            (1, 'slaPauses', '[' || ended_before || ']', '[' || concat_ws(',', nullif(ended_before, ''), open) || ']')
        ) AS line (place, field, old, new)
    UNION ALL SELECT i, upto, 300 + k, place, requester, 'STATUS_CHANGED', field, old, new, false FROM pause, LATERAL (VALUES
            (0, 'status', 'WAITING_USER', 'IN_PROGRESS'),
            (1, 'dueDate', helpdesk_seed.rfc3339(nominal + done_before), helpdesk_seed.rfc3339(nominal + done)),
            (2, 'slaPauses', '[' || concat_ws(',', nullif(ended_before, ''), open) || ']', '[' || ended || ']')
        ) AS line (place, field, old, new)
        WHERE upto IS NOT NULL
    UNION ALL SELECT i, us, n, 0, NULL, action, field, old, new, false FROM whole, LATERAL (VALUES
            (5, response_warn, 'SLA_WARNING', 'responseAlert', 'NONE', 'WARNED', response_alert <> 'NONE'),
            (6, response_due, 'SLA_BREACHED', 'responseAlert', 'WARNED', 'BREACHED', response_alert = 'BREACHED'),
            (7, warn, 'SLA_WARNING', 'resolutionAlert', 'NONE', 'WARNED', resolution_alert <> 'NONE'),
            (8, due, 'SLA_BREACHED', 'resolutionAlert', 'WARNED', 'BREACHED', resolution_alert = 'BREACHED')
        ) AS line (n, us, action, field, old, new, fired)
        WHERE fired
) AS lines;

ANALYZE whole, happened;

INSERT INTO tickets (id, ticket_number, title, description, status, priority, category, user_id, assigned_to, resolution,
    due_date, response_due_at, responded_at, resolved_at, closed_at, created_at, updated_at, version, sla_started_at, sla_pauses,
    response_alert, resolution_alert, next_timer_at)
SELECT id, number, title, description, status, priority, category, requester, agent, resolution, helpdesk_seed.at(due),
    helpdesk_seed.at(response_due), helpdesk_seed.at(responded), helpdesk_seed.at(resolved), helpdesk_seed.at(closed),
    helpdesk_seed.at(created), helpdesk_seed.at(latest.us), latest.version, helpdesk_seed.at(created), pauses, response_alert,
    resolution_alert,
    helpdesk_seed.at(CASE WHEN status = 'RESOLVED' THEN resolved + :day
        WHEN status IN ('OPEN', 'IN_PROGRESS') THEN least(
            CASE WHEN responded IS NULL THEN CASE response_alert WHEN 'NONE' THEN response_warn WHEN 'WARNED' THEN response_due END END,
            CASE resolution_alert WHEN 'NONE' THEN warn WHEN 'WARNED' THEN due END) END)
FROM whole
JOIN (SELECT i, max(us) AS us, max(version) AS version FROM happened WHERE NOT internal GROUP BY i) AS latest USING (i)
ORDER BY i;

INSERT INTO ticket_comments (id, ticket_id, user_id, content, is_internal, created_at, updated_at)
SELECT helpdesk_seed.id(t.wrote, t.key, 72), w.id, t.author, b.text, t.internal, helpdesk_seed.at(t.wrote), helpdesk_seed.at(t.wrote)
FROM talk AS t JOIN whole AS w USING (i) JOIN body AS b ON b.i = t.i AND b.k = t.k ORDER BY t.i, t.k;

INSERT INTO ticket_history (id, ticket_id, user_id, action, field_name, old_value, new_value, created_at, version, is_internal)
SELECT helpdesk_seed.id_in_order(h.us, h.i * 512 + h.n, h.place, 73), w.id, h.who, h.action, h.field, h.old, h.new,
    helpdesk_seed.at(h.us), h.version, h.internal
FROM happened AS h JOIN whole AS w USING (i) ORDER BY h.i, h.us, h.n, h.place;

INSERT INTO ticket_search (ticket_id, user_id, created_at, document)
SELECT w.id, w.requester, helpdesk_seed.at(w.created),
    setweight(helpdesk_seed.stems(w.title_folded), 'A')
    || setweight(helpdesk_seed.stems(w.description_folded), 'B')
    || array_to_tsvector(ARRAY[to_char(helpdesk_seed.at(w.created) AT TIME ZONE 'UTC', '"@"IYYY"w"IW')]) || coalesce(heard.document, '')
FROM whole AS w
LEFT JOIN (
    SELECT t.i, helpdesk_seed.joined(setweight(helpdesk_seed.stems(b.folded), 'C') ORDER BY t.k) AS document
    FROM talk AS t JOIN body AS b ON b.i = t.i AND b.k = t.k WHERE NOT t.internal GROUP BY t.i
) AS heard USING (i)
ORDER BY w.i;
COMMIT;
