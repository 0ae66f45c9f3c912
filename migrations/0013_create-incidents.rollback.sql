DROP FUNCTION is_silent(smtp_monitors, timestamptz);
DROP FUNCTION is_open(maintenance_windows, timestamptz);
DROP TABLE maintenance_windows;
DROP FUNCTION is_time_zone(text);
DROP TABLE incidents;
