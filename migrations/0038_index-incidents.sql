-- An incident is found by its number, and the newest ones of all organizations are listed, without reading all.
-- depends: 0037_sum-phases

CREATE INDEX incidents_id_idx ON incidents (id);
-- instead of one of the open ones alone: those are few, and incidents_open_key finds them
DROP INDEX incidents_opened_idx;
CREATE INDEX incidents_opened_idx ON incidents (opened_at, id);
