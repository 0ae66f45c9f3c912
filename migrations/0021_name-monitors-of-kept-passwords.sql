-- A password that a change keeps is bound to its monitor's public id, which is needed when the monitor is gone.
-- depends: 0020_name-channels-of-agents

-- Set where the change has a password. What an earlier version has kept of a deleted monitor, nobody can open.
ALTER TABLE smtp_monitor_changes ADD COLUMN public_id uuid;

UPDATE smtp_monitor_changes h
   SET public_id = m.public_id
  FROM smtp_monitors m
 WHERE m.organization_id = h.organization_id
   AND m.id = h.smtp_monitor_id
   AND (h.before_password IS NOT NULL OR h.after_password IS NOT NULL);
