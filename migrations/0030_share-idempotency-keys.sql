-- A caller with a global role makes monitors in other cells than its own, and its keys are kept beside what they made.
-- depends: 0028_notify-of-locations

-- That user is in no table there. Keys of a user who is gone are purged after a day, as all others.
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_user_id_fkey;
