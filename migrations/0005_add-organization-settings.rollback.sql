ALTER TABLE organizations
    DROP COLUMN failure_confirmations,
    DROP COLUMN recovery_confirmations,
    DROP COLUMN location_share_percent,
    DROP COLUMN reminder_interval_minutes;
