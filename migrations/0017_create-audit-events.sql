-- The audit of administration: who did what, from where and when, with what before and after. Nobody changes it later.
-- depends: 0016_separate-tenants-names

-- No foreign keys: an event outlives its actor, its resource and its organization. organization_id 0 is for what
-- belongs to none: locations, and log-ins at addresses that nobody has. before and after are JSON as the API shows it,
-- of an update only what differs; there is never a secret in them.
CREATE TABLE audit_events (
    organization_id bigint      NOT NULL,
    id              bigint      GENERATED ALWAYS AS IDENTITY,
    happened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id        bigint,
    actor_email     text,
    token_name      text,
    address         text        NOT NULL,
    action          text        NOT NULL,
    resource        text        NOT NULL,
    resource_id     text,
    before          json,
    after           json,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT audit_events_action_check
        CHECK (action IN ('created', 'updated', 'deleted', 'logged_in', 'log_in_failed', 'logged_out'))
);

-- Callers with a global role read those of all organizations, the newest first; retention looks for the oldest.
CREATE INDEX audit_events_id_idx ON audit_events (id);
CREATE INDEX audit_events_happened_at_idx ON audit_events (happened_at);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('smtp_monitors.purges_audit', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_events is append-only';
END
$$;

CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Retention, the one way to remove events: at most so many of those that happened before; how many there were.
CREATE FUNCTION purge_audit_events(older_than timestamptz, at_most integer) RETURNS integer
    LANGUAGE plpgsql SET smtp_monitors.purges_audit = 'on' AS $$
DECLARE
    purged integer;
BEGIN
    DELETE FROM audit_events
     WHERE (organization_id, id) IN (SELECT organization_id, id
                                       FROM audit_events
                                      WHERE happened_at < older_than
                                      LIMIT at_most);
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END
$$;
