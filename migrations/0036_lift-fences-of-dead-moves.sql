-- What a move refuses is refused for as long as the session of the move lasts, and goes on by itself when that ends.
-- depends: 0035_create-status-pages

-- The trigger of a move, as in 0031. The fence is an advisory lock of the session that moves the organization. Writers
-- share that lock until they commit. So the move gets it once no writer is under way, and no writer gets it until the
-- move gives it up or its session ends. Nobody waits: a writer that does not get it at once is refused.
-- What is departed is read after the lock was asked for, in a statement with a snapshot of its own. If the move has
-- ended in between, the lock is free only after the move has committed that the organization has departed.
CREATE OR REPLACE FUNCTION refuse_departed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shared boolean;
BEGIN
    shared := pg_try_advisory_xact_lock_shared(hashtextextended('departures', TG_ARGV[0]::bigint));
    IF NOT shared OR EXISTS (SELECT FROM departures WHERE organization_id = TG_ARGV[0]::bigint AND departed) THEN
        RAISE lock_not_available USING
            MESSAGE = format('organization %s moves to another cell; try again', TG_ARGV[0]),
            CONSTRAINT = 'departures';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;

-- As in 0031, but not for monitors that the trigger refuses either: one of them would fail all.
CREATE OR REPLACE FUNCTION schedule_locations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO smtp_monitor_locations (organization_id, smtp_monitor_id, location_id, grid_offset, due_at)
    SELECT m.organization_id, m.id, l.id, r.grid_offset, first_due(m.check_interval, r.grid_offset)
      FROM inserted l
     CROSS JOIN smtp_monitors m
     CROSS JOIN LATERAL (SELECT random() + 0 * m.id AS grid_offset) r
     WHERE m.organization_id NOT IN (
        SELECT organization_id
          FROM departures
         WHERE departed
            OR NOT pg_try_advisory_xact_lock_shared(hashtextextended('departures', organization_id)));
    RETURN NULL;
END
$$;

-- The same.
CREATE OR REPLACE FUNCTION purge_audit_events(older_than timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    purged integer;
BEGIN
    PERFORM set_config('smtp_monitors.purges_audit', 'on', true);
    DELETE FROM audit_events
     WHERE (organization_id, id) IN (
        SELECT organization_id, id
          FROM audit_events
         WHERE happened_at < older_than
           AND organization_id NOT IN (
            SELECT d.organization_id
              FROM departures d
             WHERE departed
                OR NOT pg_try_advisory_xact_lock_shared(hashtextextended('departures', d.organization_id)))
         LIMIT at_most);
    GET DIAGNOSTICS purged = ROW_COUNT;
    PERFORM set_config('smtp_monitors.purges_audit', 'off', true);
    RETURN purged;
END
$$;
