CREATE TRIGGER archives_are_not_changed BEFORE UPDATE ON archives
    BEGIN SELECT RAISE(ABORT, 'rows of archives are never changed or deleted'); END;
CREATE TRIGGER archives_are_not_deleted BEFORE DELETE ON archives
    BEGIN SELECT RAISE(ABORT, 'rows of archives are never changed or deleted'); END;

-- Checkpoints are neither changed nor deleted, but those of rows that were put away: the files have them.
CREATE TRIGGER checkpoints_are_not_changed BEFORE UPDATE ON checkpoints
    BEGIN SELECT RAISE(ABORT, 'rows of checkpoints are never changed or deleted'); END;
CREATE TRIGGER checkpoints_are_not_deleted BEFORE DELETE ON checkpoints
    WHEN OLD.sequence >= (SELECT coalesce(max(last_sequence), 0) FROM archives)
    BEGIN SELECT RAISE(ABORT, 'rows of checkpoints are never changed or deleted'); END;

-- Rows that were put away may go, and no others.
DROP TRIGGER trail_is_not_deleted;
CREATE TRIGGER trail_is_not_deleted BEFORE DELETE ON trail
    WHEN OLD.sequence > (SELECT coalesce(max(last_sequence), 0) FROM archives)
    BEGIN SELECT RAISE(ABORT, 'rows of trail are never changed or deleted before they are in an archive'); END;
