DROP TABLE smtp_check_rollups;
DROP TABLE smtp_check_days;
DROP TABLE smtp_check_hours;
DROP TABLE smtp_checks;
