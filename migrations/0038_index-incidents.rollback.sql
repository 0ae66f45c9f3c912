DROP INDEX incidents_opened_idx;
CREATE INDEX incidents_opened_idx ON incidents (opened_at, id) WHERE closed_at IS NULL;
DROP INDEX incidents_id_idx;
