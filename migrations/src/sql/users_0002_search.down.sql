DROP INDEX idx_user_profiles_role;
ALTER TABLE user_profiles DROP COLUMN erased_at;
ALTER TABLE user_profiles DROP COLUMN search_text;
