-- What a search looks through: names, address, department and job title, accents folded and lower case, made by the program.
ALTER TABLE user_profiles ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
-- An erased person keeps this row, empty, so that nothing late brings them back.
ALTER TABLE user_profiles ADD COLUMN erased_at TIMESTAMPTZ;
CREATE INDEX idx_user_profiles_role ON user_profiles(role, created_at, id);
