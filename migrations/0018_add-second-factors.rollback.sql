DROP TRIGGER organizations_notify ON organizations;
DROP FUNCTION notify_all_callers();
ALTER TABLE organizations DROP COLUMN require_two_factor;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
DROP FUNCTION notify_second_factor();
