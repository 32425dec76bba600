INSERT INTO tickets (id, ticket_number, title, description, status, priority, category, user_id, assigned_to, due_date,
                     response_due_at, responded_at, resolved_at, closed_at, created_at, updated_at, version, sla_started_at,
                     next_timer_at)
SELECT lpad(to_hex(i), 32, '0')::uuid, 'HD-' || lpad(i::text, 6, '0'), 'The printer ' || i, 'It does not print. rareword' || i % 5000,
       CASE WHEN i % 20 < 16 THEN 'CLOSED' WHEN i % 20 = 16 THEN 'RESOLVED' WHEN i % 20 = 17 THEN 'OPEN'
            WHEN i % 20 = 18 THEN 'IN_PROGRESS' ELSE 'WAITING_USER' END,
       (ARRAY['LOW', 'MEDIUM', 'HIGH', 'URGENT'])[1 + i / 3 % 4],
       (ARRAY['hardware', 'software', 'network', 'access', 'printing', 'mail', 'phone', 'other'])[1 + i / 7 % 8],
       lpad(to_hex(1000000 + (i * 31) % 5000), 32, '0')::uuid,
       CASE WHEN i % 10 > 0 THEN lpad(to_hex(2000000 + (i * 17) % 50), 32, '0')::uuid END,
       at + interval '1 day', at + interval '4 hours', at + interval '1 hour',
       CASE WHEN i % 20 < 17 THEN at + interval '10 hours' END, CASE WHEN i % 20 < 16 THEN at + interval '20 hours' END,
       at, at + interval '1 hour', 3, at, CASE WHEN i % 20 IN (16, 17, 18) THEN at + interval '19 hours' END
FROM (SELECT i, now() - interval '700 days' + i * interval '15 minutes' AS at FROM generate_series(1, 60000) AS i) AS numbered;

INSERT INTO ticket_search (ticket_id, user_id, created_at, document)
SELECT id, user_id, created_at, setweight(to_tsvector('english', title), 'A')
       || setweight(to_tsvector('english', description), 'B')
       || array_to_tsvector(ARRAY[to_char(created_at AT TIME ZONE 'UTC', '"@"IYYY"w"IW')])
FROM tickets;

INSERT INTO ticket_comments (id, ticket_id, user_id, content, is_internal, created_at, updated_at)
SELECT gen_random_uuid(), id, user_id, 'A word about it.', n = 2, created_at + n * interval '1 minute', created_at
FROM tickets, generate_series(1, 2) AS n;

INSERT INTO ticket_history (id, ticket_id, user_id, action, created_at, version)
SELECT gen_random_uuid(), id, user_id, 'COMMENTED', created_at + n * interval '1 minute', n
FROM tickets, generate_series(1, 3) AS n;
