-- An API token is a session with a name, and perhaps for one customer alone. One that never ends expires in 9999.
-- depends: 0003_create-smtp-monitors

ALTER TABLE sessions
    ADD COLUMN name         text,
    ADD COLUMN customer_id  bigint,
    ADD COLUMN last_used_at timestamptz,
    ADD CONSTRAINT sessions_name_check CHECK (char_length(name) BETWEEN 1 AND 255),
    ADD CONSTRAINT sessions_customer_id_fkey FOREIGN KEY (organization_id, customer_id)
        REFERENCES customers (organization_id, id) ON DELETE CASCADE;

CREATE INDEX sessions_customer_id_idx ON sessions (organization_id, customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX sessions_tokens_idx ON sessions (organization_id, created_at, id) WHERE name IS NOT NULL;

-- Callers with a global role name a user or token without naming its organization.
CREATE INDEX users_id_idx ON users (id);
CREATE INDEX sessions_id_idx ON sessions (id);

-- When a token was last used is no change of it: nobody is to be told.
DROP TRIGGER sessions_notify ON sessions;
CREATE TRIGGER sessions_notify
    AFTER DELETE OR UPDATE OF organization_id, id, user_id, expires_at, name, customer_id ON sessions
    FOR EACH ROW EXECUTE FUNCTION notify_callers();
