-- An organization moves to another cell: its rows are copied while they are written, and then nobody writes them here.
-- depends: 0030_share-idempotency-keys

-- The last row of an organization that a move copies: where it has arrived, all that was written before has, too.
CREATE TABLE move_marks (
    organization_id bigint      PRIMARY KEY,
    mark            uuid        NOT NULL,
    hours_until     timestamptz NOT NULL, -- how far its results were rolled up
    days_until      timestamptz NOT NULL
);

-- The trigger of a move, on every table whose rows it copies, for the rows of one organization alone. Once that has
-- departed, a write fails as if somebody held a lock, which every writer takes as a reason to come back later. Writers
-- share an advisory lock. The move takes it for itself when it says that the organization has departed: so it waits for
-- those writers that did not see that, and for nobody else.
CREATE FUNCTION refuse_departed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('departures', TG_ARGV[0]::bigint));
    IF EXISTS (SELECT FROM departures WHERE organization_id = TG_ARGV[0]::bigint AND departed) THEN
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

-- As in 0011, but not for monitors that are nobody's here.
CREATE OR REPLACE FUNCTION schedule_locations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO smtp_monitor_locations (organization_id, smtp_monitor_id, location_id, grid_offset, due_at)
    SELECT m.organization_id, m.id, l.id, r.grid_offset, first_due(m.check_interval, r.grid_offset)
      FROM inserted l
     CROSS JOIN smtp_monitors m
     CROSS JOIN LATERAL (SELECT random() + 0 * m.id AS grid_offset) r
     WHERE m.organization_id NOT IN (SELECT organization_id FROM departures WHERE departed);
    RETURN NULL;
END
$$;

-- As in 0017, but not of organizations that are nobody's here. The setting is set within, as any owner may.
CREATE OR REPLACE FUNCTION purge_audit_events(older_than timestamptz, at_most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    purged integer;
BEGIN
    PERFORM set_config('smtp_monitors.purges_audit', 'on', true);
    DELETE FROM audit_events
     WHERE (organization_id, id) IN (SELECT organization_id, id
                                       FROM audit_events
                                      WHERE happened_at < older_than
                                        AND organization_id NOT IN (SELECT d.organization_id
                                                                      FROM departures d
                                                                     WHERE departed)
                                      LIMIT at_most);
    GET DIAGNOSTICS purged = ROW_COUNT;
    PERFORM set_config('smtp_monitors.purges_audit', 'off', true);
    RETURN purged;
END
$$;

-- As in 0024, and what an organization that has departed leaves of its audit: it has that in its new cell.
CREATE OR REPLACE FUNCTION purge_organization_audit(organization bigint, at_most integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    purged integer;
BEGIN
    IF NOT EXISTS (SELECT FROM organizations WHERE id = organization AND deleted_at IS NOT NULL)
       AND NOT EXISTS (SELECT FROM departures WHERE organization_id = organization AND departed) THEN
        RAISE EXCEPTION 'organization % is not deleted: its audit stays', organization;
    END IF;
    PERFORM set_config('smtp_monitors.purges_audit', 'on', true);
    DELETE FROM audit_events
     WHERE organization_id = organization
       AND id IN (SELECT id FROM audit_events WHERE organization_id = organization LIMIT at_most);
    GET DIAGNOSTICS purged = ROW_COUNT;
    PERFORM set_config('smtp_monitors.purges_audit', 'off', true);
    RETURN purged;
END
$$;
