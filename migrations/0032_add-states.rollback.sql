ALTER TABLE indexed_smtp_monitor_counts DROP CONSTRAINT indexed_smtp_monitor_counts_pkey;
DELETE FROM indexed_smtp_monitor_counts;
ALTER TABLE indexed_smtp_monitor_counts
    DROP COLUMN state,
    ADD CONSTRAINT indexed_smtp_monitor_counts_pkey PRIMARY KEY (organization_id, customer_id, status);
INSERT INTO indexed_smtp_monitor_counts (organization_id, customer_id, status, smtp_monitors)
SELECT organization_id, customer_id, status, count(*) FROM indexed_smtp_monitors GROUP BY 1, 2, 3;

DROP INDEX indexed_smtp_monitors_name_idx;
DROP INDEX indexed_smtp_monitors_since_idx;
DROP INDEX indexed_smtp_monitors_customer_rank_idx;
DROP INDEX indexed_smtp_monitors_rank_idx;
ALTER TABLE indexed_smtp_monitors DROP COLUMN state, DROP COLUMN state_since;
CREATE OR REPLACE FUNCTION is_silent(m smtp_monitors, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN m.status = 'maintenance'
    OR EXISTS (SELECT FROM organizations o WHERE o.id = m.organization_id AND o.deleted_at IS NOT NULL)
    OR EXISTS (SELECT
                 FROM maintenance_windows w
                WHERE w.organization_id = m.organization_id
                  AND (w.smtp_monitor_id = m.id OR w.smtp_monitor_id IS NULL)
                  AND (w.customer_id = m.customer_id OR w.customer_id IS NULL)
                  AND is_open(w, moment));
DROP FUNCTION in_window(smtp_monitors, timestamptz);
DROP FUNCTION rank_of(text);
DROP FUNCTION state_of(text, text);
ALTER TABLE smtp_monitor_states DROP COLUMN state, DROP COLUMN state_since;
ALTER TABLE smtp_monitor_locations DROP COLUMN verdict, DROP COLUMN phase, DROP COLUMN code, DROP COLUMN detail;
