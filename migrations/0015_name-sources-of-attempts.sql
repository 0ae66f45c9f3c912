-- An attempt to log in has a source: an IPv4 address, the /64 of an IPv6 address, or the session of who is logged in.
-- depends: 0014_create-alerts

ALTER TABLE login_attempts RENAME COLUMN address TO source;
ALTER INDEX login_attempts_address_idx RENAME TO login_attempts_source_idx;

-- Old attempts are purged by their time alone.
CREATE INDEX login_attempts_attempted_at_idx ON login_attempts (attempted_at);
