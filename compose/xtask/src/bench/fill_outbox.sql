-- As many events as asked, of the size and shape that opening a ticket writes.
INSERT INTO outbox (event_id, subject, envelope, created_at)
SELECT event, 'ticket.created.' || ticket,
       json_build_object('eventId', event, 'eventType', 'ticket.created', 'schemaVersion', 1, 'source', 'tickets',
           'timestamp', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'userId', ticket,
           'aggregateId', ticket, 'aggregateVersion', 1, 'sequence', 0, 'correlationId', event, 'causationId', NULL,
           'data', json_build_object('ticketId', ticket, 'ticketNumber', 'HD-' || lpad(number::text, 6, '0'),
               'title', 'The printer on the second floor is on fire', 'priority', 'HIGH', 'category', 'hardware',
               'userId', ticket, 'dueDate', '2026-11-22T10:00:00.000000Z'))::text,
       now()
FROM (SELECT number, gen_random_uuid() AS event, gen_random_uuid() AS ticket
      FROM generate_series(1, :events) AS number) AS new
