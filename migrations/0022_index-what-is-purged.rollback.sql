DROP TRIGGER sessions_notify ON sessions;
CREATE TRIGGER sessions_notify
    AFTER DELETE OR UPDATE OF organization_id, id, user_id, expires_at, name, customer_id ON sessions
    FOR EACH ROW EXECUTE FUNCTION notify_callers();
DROP INDEX idempotency_keys_created_at_idx;
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (organization_id, created_at);
DROP INDEX alerts_ended_at_idx;
DROP INDEX incidents_closed_at_idx;
