-- A second factor: a secret that a user's authenticator makes codes of, and codes for when that is lost.
-- depends: 0017_create-audit-events

-- secret is encrypted, bound to its user. last_step is the latest step of 30 seconds whose code was used: none counts
-- twice. A factor that is not confirmed by a code is not asked for.
CREATE TABLE second_factors (
    organization_id bigint      NOT NULL,
    user_id         bigint      NOT NULL,
    secret          bytea       NOT NULL,
    last_step       bigint      NOT NULL DEFAULT 0,
    confirmed_at    timestamptz,
    PRIMARY KEY (organization_id, user_id),
    CONSTRAINT second_factors_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES users (organization_id, id) ON DELETE CASCADE
);

-- A code has 80 random bits, so a plain SHA-256 hides it.
CREATE TABLE recovery_codes (
    organization_id bigint NOT NULL,
    user_id         bigint NOT NULL,
    code_hash       bytea  NOT NULL,
    PRIMARY KEY (organization_id, user_id, code_hash),
    CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (organization_id, user_id)
        REFERENCES second_factors (organization_id, user_id) ON DELETE CASCADE
);

ALTER TABLE organizations ADD COLUMN require_two_factor boolean NOT NULL DEFAULT false;

-- Workers remember of a caller whether it has to enrol.
CREATE FUNCTION notify_second_factor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('callers', 'users:' || COALESCE(NEW.user_id, OLD.user_id));
    RETURN NULL;
END
$$;

CREATE TRIGGER second_factors_notify AFTER INSERT OR DELETE OR UPDATE OF confirmed_at ON second_factors
    FOR EACH ROW EXECUTE FUNCTION notify_second_factor();

CREATE FUNCTION notify_all_callers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('callers', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER organizations_notify AFTER UPDATE OF require_two_factor ON organizations
    FOR EACH ROW WHEN (OLD.require_two_factor <> NEW.require_two_factor) EXECUTE FUNCTION notify_all_callers();
