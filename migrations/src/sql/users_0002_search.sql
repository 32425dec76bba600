-- What a search looks through: names, address, department and job title, accents folded and lower case, made by the program.
ALTER TABLE user_profiles ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
-- What people are sorted by when it is by name: the last and the first one, folded.
ALTER TABLE user_profiles ADD COLUMN sort_name TEXT NOT NULL DEFAULT '';
-- How new each copy of auth's is; `account_version` says it of the address.
ALTER TABLE user_profiles ADD COLUMN role_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_profiles ADD COLUMN status_version BIGINT NOT NULL DEFAULT 0;
UPDATE user_profiles SET role_version = account_version, status_version = account_version;
-- Goes up with every write of the row, whatever it writes: of two readings the higher one is the newer.
ALTER TABLE user_profiles ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
-- An erased person keeps this row, empty, so that nothing late brings them back.
ALTER TABLE user_profiles ADD COLUMN erased_at TIMESTAMPTZ;
CREATE INDEX idx_user_profiles_role ON user_profiles(role, created_at, id);
CREATE INDEX idx_user_profiles_sort_name ON user_profiles(sort_name, id);
