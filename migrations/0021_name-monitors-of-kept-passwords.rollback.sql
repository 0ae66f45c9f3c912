ALTER TABLE smtp_monitor_changes DROP COLUMN public_id;
