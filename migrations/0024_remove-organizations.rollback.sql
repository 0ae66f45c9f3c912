DROP FUNCTION purge_organization_audit(bigint, integer);
CREATE OR REPLACE FUNCTION is_silent(m smtp_monitors, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN m.status = 'maintenance'
    OR EXISTS (SELECT
                 FROM maintenance_windows w
                WHERE w.organization_id = m.organization_id
                  AND (w.smtp_monitor_id = m.id OR w.smtp_monitor_id IS NULL)
                  AND (w.customer_id = m.customer_id OR w.customer_id IS NULL)
                  AND is_open(w, moment));
DROP TRIGGER organizations_notify_deleted ON organizations;
DROP INDEX organizations_deleted_idx;
ALTER TABLE organizations DROP COLUMN deleted_at;
