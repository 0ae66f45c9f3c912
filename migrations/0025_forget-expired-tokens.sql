-- A token that has expired is of no use and in no list, so it takes nobody's room until it is purged.
-- depends: 0024_remove-organizations

CREATE FUNCTION expired_tokens(organization bigint) RETURNS bigint LANGUAGE sql STABLE
RETURN (SELECT count(*) FROM sessions WHERE organization_id = organization AND name IS NOT NULL AND expires_at <= now());

-- As before, but expired tokens are looked for before a token is refused.
CREATE OR REPLACE FUNCTION limit_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    connections integer := current_setting('max_connections');
    organization bigint;
    room bigint;
BEGIN
    FOR organization IN EXECUTE format('SELECT DISTINCT organization_id FROM changed WHERE %s ORDER BY 1', TG_ARGV[1])
    LOOP
        -- twice the room: it is not to be too little by the time that the lock is there
        IF room_left(organization, TG_ARGV[0]) >= 2 * connections THEN
            PERFORM pg_advisory_xact_lock_shared(hashtextextended('limits', organization));
            CONTINUE WHEN room_left(organization, TG_ARGV[0]) >= connections;
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('limits', organization));
        room := room_left(organization, TG_ARGV[0]);
        IF room < 0 AND TG_ARGV[0] = 'tokens' THEN
            room := room + expired_tokens(organization);
        END IF;
        IF room < 0 THEN
            RAISE check_violation USING
                MESSAGE = format('organization %s has reached max_%s', organization, TG_ARGV[0]),
                DETAIL = (SELECT to_jsonb(o) ->> ('max_' || TG_ARGV[0]) FROM organizations o WHERE id = organization),
                TABLE = TG_TABLE_NAME,
                CONSTRAINT = TG_NAME;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
