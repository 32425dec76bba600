-- What the inbox still remembers of the trail.
INSERT INTO inbox (consumer, event_id, received_at)
SELECT 'audit', event_id, recorded_at FROM trail
WHERE recorded_at > (SELECT recorded_at - interval '8 days' FROM trail_head);
