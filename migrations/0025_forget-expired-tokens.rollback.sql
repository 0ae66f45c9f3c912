CREATE OR REPLACE FUNCTION limit_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    connections integer := current_setting('max_connections');
    organization bigint;
BEGIN
    FOR organization IN EXECUTE format('SELECT DISTINCT organization_id FROM changed WHERE %s ORDER BY 1', TG_ARGV[1])
    LOOP
        -- twice the room: it is not to be too little by the time that the lock is there
        IF room_left(organization, TG_ARGV[0]) >= 2 * connections THEN
            PERFORM pg_advisory_xact_lock_shared(hashtextextended('limits', organization));
            CONTINUE WHEN room_left(organization, TG_ARGV[0]) >= connections;
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('limits', organization));
        IF room_left(organization, TG_ARGV[0]) < 0 THEN
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
DROP FUNCTION expired_tokens(bigint);
