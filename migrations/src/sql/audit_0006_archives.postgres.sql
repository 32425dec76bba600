CREATE TRIGGER archives_are_append_only BEFORE UPDATE OR DELETE ON archives
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_history();

-- Checkpoints are neither changed nor deleted, but those of rows that were put away: the files have them.
CREATE FUNCTION refuse_to_forget_checkpoints() RETURNS TRIGGER LANGUAGE plpgsql AS
$$
BEGIN
    IF OLD.sequence < (SELECT coalesce(max(last_sequence), 0) FROM archives) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER checkpoints_are_not_changed BEFORE UPDATE ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_history();
CREATE TRIGGER checkpoints_are_not_deleted BEFORE DELETE ON checkpoints
    FOR EACH ROW EXECUTE FUNCTION refuse_to_forget_checkpoints();

-- Lets a month go that was put away to its last row, and no other.
CREATE FUNCTION drop_trail_partition(month TIMESTAMPTZ) RETURNS VOID LANGUAGE plpgsql AS
$$
DECLARE
    name TEXT := 'trail_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
    last BIGINT;
BEGIN
    EXECUTE format('SELECT coalesce(max(sequence), 0) FROM %I', name) INTO last;
    IF last > (SELECT coalesce(max(last_sequence), 0) FROM archives) THEN
        RAISE EXCEPTION 'rows of trail are never changed or deleted before they are in an archive';
    END IF;
    EXECUTE format('DROP TABLE %I', name);
END
$$;
