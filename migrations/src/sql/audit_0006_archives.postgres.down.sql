DROP FUNCTION drop_trail_partition;
DROP TRIGGER checkpoints_are_not_deleted ON checkpoints;
DROP TRIGGER checkpoints_are_not_changed ON checkpoints;
DROP FUNCTION refuse_to_forget_checkpoints;
DROP TRIGGER archives_are_append_only ON archives;
