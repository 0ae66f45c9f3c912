DROP TABLE smtp_monitor_states;
DROP TABLE smtp_monitors;
