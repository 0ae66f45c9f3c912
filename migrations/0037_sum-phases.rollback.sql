ALTER TABLE smtp_check_days
    DROP COLUMN dns_ms_sum, DROP COLUMN connect_ms_sum, DROP COLUMN tls_ms_sum, DROP COLUMN greeting_ms_sum,
    DROP COLUMN ehlo_ms_sum, DROP COLUMN starttls_ms_sum, DROP COLUMN auth_ms_sum, DROP COLUMN mail_ms_sum,
    DROP COLUMN quit_ms_sum;
ALTER TABLE smtp_check_hours
    DROP COLUMN dns_ms_sum, DROP COLUMN connect_ms_sum, DROP COLUMN tls_ms_sum, DROP COLUMN greeting_ms_sum,
    DROP COLUMN ehlo_ms_sum, DROP COLUMN starttls_ms_sum, DROP COLUMN auth_ms_sum, DROP COLUMN mail_ms_sum,
    DROP COLUMN quit_ms_sum;
