-- When the last check of a monitor at a location began, so that one that is asked for begins no sooner than allowed.
-- depends: 0022_index-what-is-purged

ALTER TABLE smtp_monitor_locations ADD COLUMN begun_at timestamptz;
