DROP INDEX incidents_id_idx;
DROP INDEX incidents_opened_idx;
DROP INDEX incidents_opened_at_idx;
ALTER TABLE incidents
    DROP COLUMN acknowledged_at,
    DROP COLUMN acknowledged_by,
    DROP COLUMN acknowledge_reason;
