DROP INDEX login_attempts_attempted_at_idx;
ALTER INDEX login_attempts_source_idx RENAME TO login_attempts_address_idx;
ALTER TABLE login_attempts RENAME COLUMN source TO address;
