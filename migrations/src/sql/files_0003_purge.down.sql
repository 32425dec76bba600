DROP INDEX idx_files_deleted_at;
DROP TABLE gone_tickets;
