ALTER TABLE smtp_monitor_locations DROP COLUMN begun_at;
