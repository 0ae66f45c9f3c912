-- Who owns a database can migrate it: only a superuser may make a function with SET of a setting that nobody declares.
-- depends: 0028_notify-of-locations

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
