-- How an organization wants failures confirmed, and how often to be reminded of them; NULL is never.
-- depends: 0004_add-api-tokens

ALTER TABLE organizations
    ADD COLUMN failure_confirmations     integer NOT NULL DEFAULT 2,
    ADD COLUMN recovery_confirmations    integer NOT NULL DEFAULT 2,
    ADD COLUMN location_share_percent    integer NOT NULL DEFAULT 50,
    ADD COLUMN reminder_interval_minutes integer,
    ADD CONSTRAINT organizations_failure_confirmations_check CHECK (failure_confirmations BETWEEN 1 AND 10),
    ADD CONSTRAINT organizations_recovery_confirmations_check CHECK (recovery_confirmations BETWEEN 1 AND 10),
    ADD CONSTRAINT organizations_location_share_percent_check CHECK (location_share_percent BETWEEN 1 AND 100),
    ADD CONSTRAINT organizations_reminder_interval_minutes_check
        CHECK (reminder_interval_minutes BETWEEN 5 AND 10080);
