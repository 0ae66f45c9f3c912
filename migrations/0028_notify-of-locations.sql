-- Locations are made and changed in cell 0 alone. Agents hear of it, and copy them to the other cells.
-- depends: 0027_create-cells

CREATE TRIGGER locations_notify AFTER INSERT OR UPDATE OR DELETE ON locations
    FOR EACH STATEMENT EXECUTE FUNCTION notify_directory();
