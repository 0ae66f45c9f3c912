-- What is kept for a time is found by when it was over. A session that is over is news to nobody.
-- depends: 0021_name-monitors-of-kept-passwords

CREATE INDEX incidents_closed_at_idx ON incidents (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX alerts_ended_at_idx ON alerts (ended_at) WHERE ended_at IS NOT NULL;

DROP INDEX idempotency_keys_created_at_idx;
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

-- Workers remember no caller longer than its session: that one is purged, they need not be told.
DROP TRIGGER sessions_notify ON sessions;
CREATE TRIGGER sessions_notify
    AFTER DELETE OR UPDATE OF organization_id, id, user_id, expires_at, name, customer_id ON sessions
    FOR EACH ROW WHEN (old.expires_at > now()) EXECUTE FUNCTION notify_callers();
