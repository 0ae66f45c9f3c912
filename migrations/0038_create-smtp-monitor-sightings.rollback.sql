DROP TABLE smtp_monitor_sightings;
