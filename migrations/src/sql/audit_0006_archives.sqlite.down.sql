DROP TRIGGER trail_is_not_deleted;
CREATE TRIGGER trail_is_not_deleted BEFORE DELETE ON trail
    BEGIN SELECT RAISE(ABORT, 'rows of trail are never changed or deleted'); END;
DROP TRIGGER checkpoints_are_not_deleted;
DROP TRIGGER checkpoints_are_not_changed;
DROP TRIGGER archives_are_not_deleted;
DROP TRIGGER archives_are_not_changed;
