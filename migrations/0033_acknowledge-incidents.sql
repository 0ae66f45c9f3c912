-- Somebody takes over an incident; and the incidents of an organization are listed, the newest first.
-- depends: 0032_add-states

-- acknowledged_by says who, as the actor of a change does.
ALTER TABLE incidents
    ADD COLUMN acknowledged_at    timestamptz,
    ADD COLUMN acknowledged_by    json,
    ADD COLUMN acknowledge_reason text,
    ADD CONSTRAINT incidents_acknowledged_by_check CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    ADD CONSTRAINT incidents_acknowledge_reason_check CHECK (char_length(acknowledge_reason) <= 500);
CREATE INDEX incidents_opened_at_idx ON incidents (organization_id, opened_at, id);
-- the same of all organizations, and one of them by its number
CREATE INDEX incidents_opened_idx ON incidents (opened_at, id);
CREATE INDEX incidents_id_idx ON incidents (id);
