-- An organization that is deleted is marked first. Its rows are removed in small steps, and it is the last of them.
-- depends: 0023_add-begin-of-checks

ALTER TABLE organizations ADD COLUMN deleted_at timestamptz;
CREATE INDEX organizations_deleted_idx ON organizations (id) WHERE deleted_at IS NOT NULL;

-- Workers forget its callers at once.
CREATE TRIGGER organizations_notify_deleted AFTER UPDATE OF deleted_at ON organizations
    FOR EACH ROW WHEN (old.deleted_at IS DISTINCT FROM new.deleted_at) EXECUTE FUNCTION notify_all_callers();

-- Checks that are under way when it is deleted open no incident, and no alert leaves.
CREATE OR REPLACE FUNCTION is_silent(m smtp_monitors, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN m.status = 'maintenance'
    OR EXISTS (SELECT FROM organizations o WHERE o.id = m.organization_id AND o.deleted_at IS NOT NULL)
    OR EXISTS (SELECT
                 FROM maintenance_windows w
                WHERE w.organization_id = m.organization_id
                  AND (w.smtp_monitor_id = m.id OR w.smtp_monitor_id IS NULL)
                  AND (w.customer_id = m.customer_id OR w.customer_id IS NULL)
                  AND is_open(w, moment));

-- Beside retention, the one way to remove events: those of an organization that is deleted; how many there were.
CREATE FUNCTION purge_organization_audit(organization bigint, at_most integer) RETURNS integer
    LANGUAGE plpgsql SET smtp_monitors.purges_audit = 'on' AS $$
DECLARE
    purged integer;
BEGIN
    IF NOT EXISTS (SELECT FROM organizations WHERE id = organization AND deleted_at IS NOT NULL) THEN
        RAISE EXCEPTION 'organization % is not deleted: its audit stays', organization;
    END IF;
    DELETE FROM audit_events
     WHERE organization_id = organization
       AND id IN (SELECT id FROM audit_events WHERE organization_id = organization LIMIT at_most);
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END
$$;
