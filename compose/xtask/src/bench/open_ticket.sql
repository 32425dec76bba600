-- pgbench takes a colon before a digit for a variable, so the times have none.
BEGIN;
SELECT nextval('ticket_number_seq') AS n \gset
INSERT INTO tickets (id, ticket_number, title, description, status, priority, category, user_id, assigned_to, resolution,
    response_due_at, responded_at, response_alert, due_date, resolution_alert, sla_started_at, sla_pauses, resolved_at, closed_at,
    created_at, updated_at, version, next_timer_at)
VALUES (('0199d2c4-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid, 'HD-' || :n::text, 'The printer on the second floor is on fire',
    'It began this morning, after the update. We have switched it off and on again, which did not help. The smoke is grey.',
    'OPEN', 'HIGH', 'hardware', '0199d2c4-0000-7000-8000-000000000001', NULL, NULL,
    now() + interval '2 hours', NULL, 'NONE', now() + interval '4 hours', 'NONE', now(), '[]', NULL, NULL, now(), now(), 1,
    now() + interval '96 minutes');
INSERT INTO ticket_search (ticket_id, document, user_id, created_at)
VALUES (('0199d2c4-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid,
    setweight(to_tsvector('french', 'the printer on the second floor is on fire')
        || to_tsvector('english', 'the printer on the second floor is on fire'), 'A')
    || setweight(to_tsvector('french', 'it began this morning, after the update. we have switched it off and on again, which did not help. the smoke is grey.')
        || to_tsvector('english', 'it began this morning, after the update. we have switched it off and on again, which did not help. the smoke is grey.'), 'B')
    || array_to_tsvector(ARRAY['@2026w48']),
    '0199d2c4-0000-7000-8000-000000000001', now());
INSERT INTO ticket_history (id, ticket_id, user_id, action, field_name, old_value, new_value, comment, version, is_internal, created_at)
VALUES (gen_random_uuid(), ('0199d2c4-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid,
    '0199d2c4-0000-7000-8000-000000000001', 'CREATED', NULL, NULL, NULL, NULL, 1, false, now());
INSERT INTO outbox (event_id, subject, envelope, traceparent, created_at)
VALUES (gen_random_uuid(), 'ticket.created.0199d2c4-0000-7000-8000-000000000001',
    '{"eventId":"0199d2c4-0000-7000-8000-000000000001","eventType":"ticket.created","schemaVersion": 1,"source":"tickets","timestamp":"2026-11-22T10-00-00.000000Z","userId":"0199d2c4-0000-7000-8000-000000000001","aggregateId":"0199d2c4-0000-7000-8000-000000000001","aggregateVersion": 1,"sequence": 0,"correlationId":"0199d2c4-0000-7000-8000-000000000001","causationId": null,"data":{"ticketId":"0199d2c4-0000-7000-8000-000000000001","ticketNumber":"HD-000042","title":"The printer on the second floor is on fire","priority":"HIGH","category":"hardware","userId":"0199d2c4-0000-7000-8000-000000000001","dueDate":"2026-11-22T10-00-00.000000Z"}}',
    NULL, now());
COMMIT;
