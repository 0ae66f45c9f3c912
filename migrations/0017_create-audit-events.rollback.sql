DROP FUNCTION purge_audit_events(timestamptz, integer);
DROP TABLE audit_events;
DROP FUNCTION refuse_audit_change();
