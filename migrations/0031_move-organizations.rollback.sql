-- Both are as before, but for the setting: only a superuser could say it there.
CREATE OR REPLACE FUNCTION purge_organization_audit(organization bigint, at_most integer) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    purged integer;
BEGIN
    IF NOT EXISTS (SELECT FROM organizations WHERE id = organization AND deleted_at IS NOT NULL) THEN
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
                                      LIMIT at_most);
    GET DIAGNOSTICS purged = ROW_COUNT;
    PERFORM set_config('smtp_monitors.purges_audit', 'off', true);
    RETURN purged;
END
$$;
CREATE OR REPLACE FUNCTION schedule_locations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO smtp_monitor_locations (organization_id, smtp_monitor_id, location_id, grid_offset, due_at)
    SELECT m.organization_id, m.id, l.id, r.grid_offset, first_due(m.check_interval, r.grid_offset)
      FROM inserted l
     CROSS JOIN smtp_monitors m
     CROSS JOIN LATERAL (SELECT random() + 0 * m.id AS grid_offset) r;
    RETURN NULL;
END
$$;
DROP FUNCTION refuse_departed();
DROP TABLE move_marks;
