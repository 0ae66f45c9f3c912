DELETE FROM idempotency_keys k
 WHERE NOT EXISTS (SELECT FROM users u WHERE u.organization_id = k.organization_id AND u.id = k.user_id);
ALTER TABLE idempotency_keys
    ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE;
