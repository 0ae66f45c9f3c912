DROP TRIGGER locations_schedule ON locations;
DROP TRIGGER smtp_monitors_schedule ON smtp_monitors;
DROP FUNCTION schedule_locations();
DROP FUNCTION schedule_smtp_monitors();
DROP TABLE smtp_monitor_locations;
DROP TABLE agents;
DROP FUNCTION first_due(integer, double precision);
DROP FUNCTION slot_before(timestamptz, integer, double precision);
