DROP INDEX idx_user_profiles_sort_name;
DROP INDEX idx_user_profiles_role;
ALTER TABLE user_profiles DROP COLUMN erased_at;
ALTER TABLE user_profiles DROP COLUMN revision;
ALTER TABLE user_profiles DROP COLUMN status_version;
ALTER TABLE user_profiles DROP COLUMN role_version;
ALTER TABLE user_profiles DROP COLUMN sort_name;
ALTER TABLE user_profiles DROP COLUMN search_text;
