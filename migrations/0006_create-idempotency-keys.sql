-- What a create with an Idempotency-Key answered, so that its repetition answers the same for a day.
-- depends: 0005_add-organization-settings

-- fingerprint is a keyed hash of the body, which may hold a password; answer is without it.
CREATE TABLE idempotency_keys (
    organization_id bigint      NOT NULL,
    user_id         bigint      NOT NULL,
    key             text        NOT NULL,
    fingerprint     bytea       NOT NULL,
    answer          json,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id, key),
    CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT idempotency_keys_key_check CHECK (char_length(key) BETWEEN 1 AND 255)
);

CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (organization_id, created_at);
