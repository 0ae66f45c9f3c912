-- How long each phase of the checks that succeeded took, by hour and day. Null is never entered, or summed before this.
-- depends: 0036_lift-fences-of-dead-moves

ALTER TABLE smtp_check_hours
    ADD COLUMN dns_ms_sum real, ADD COLUMN connect_ms_sum real, ADD COLUMN tls_ms_sum real,
    ADD COLUMN greeting_ms_sum real, ADD COLUMN ehlo_ms_sum real, ADD COLUMN starttls_ms_sum real,
    ADD COLUMN auth_ms_sum real, ADD COLUMN mail_ms_sum real, ADD COLUMN quit_ms_sum real;
ALTER TABLE smtp_check_days
    ADD COLUMN dns_ms_sum real, ADD COLUMN connect_ms_sum real, ADD COLUMN tls_ms_sum real,
    ADD COLUMN greeting_ms_sum real, ADD COLUMN ehlo_ms_sum real, ADD COLUMN starttls_ms_sum real,
    ADD COLUMN auth_ms_sum real, ADD COLUMN mail_ms_sum real, ADD COLUMN quit_ms_sum real;
