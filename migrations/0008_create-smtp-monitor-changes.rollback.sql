DROP TABLE smtp_monitor_changes;
