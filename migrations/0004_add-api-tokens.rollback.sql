DROP TRIGGER sessions_notify ON sessions;
CREATE TRIGGER sessions_notify AFTER UPDATE OR DELETE ON sessions
    FOR EACH ROW EXECUTE FUNCTION notify_callers();
DROP INDEX users_id_idx;
DROP INDEX sessions_id_idx;
DROP INDEX sessions_tokens_idx;
DELETE FROM sessions WHERE name IS NOT NULL;
ALTER TABLE sessions DROP COLUMN name, DROP COLUMN customer_id, DROP COLUMN last_used_at;
