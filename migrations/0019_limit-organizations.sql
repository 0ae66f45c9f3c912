-- An organization may have so many of each thing and no more, so that nothing that is listed grows without end.
-- depends: 0018_add-second-factors

ALTER TABLE organizations
    ADD COLUMN max_smtp_monitors       integer NOT NULL DEFAULT 10000,
    ADD COLUMN max_customers           integer NOT NULL DEFAULT 10000,
    ADD COLUMN max_users               integer NOT NULL DEFAULT 1000,
    ADD COLUMN max_tokens              integer NOT NULL DEFAULT 1000,
    ADD COLUMN max_maintenance_windows integer NOT NULL DEFAULT 1000,
    ADD CONSTRAINT organizations_max_smtp_monitors_check CHECK (max_smtp_monitors BETWEEN 0 AND 10000000),
    ADD CONSTRAINT organizations_max_customers_check CHECK (max_customers BETWEEN 0 AND 10000000),
    ADD CONSTRAINT organizations_max_users_check CHECK (max_users BETWEEN 0 AND 10000000),
    ADD CONSTRAINT organizations_max_tokens_check CHECK (max_tokens BETWEEN 0 AND 10000000),
    ADD CONSTRAINT organizations_max_maintenance_windows_check CHECK (max_maintenance_windows BETWEEN 0 AND 10000000);

ALTER TABLE organization_counts
    ALTER COLUMN smtp_monitors SET DEFAULT 0,
    ADD COLUMN customers           bigint NOT NULL DEFAULT 0,
    ADD COLUMN users               bigint NOT NULL DEFAULT 0,
    ADD COLUMN tokens              bigint NOT NULL DEFAULT 0,
    ADD COLUMN maintenance_windows bigint NOT NULL DEFAULT 0;

-- The arguments of the triggers: the column of organization_counts, and which of the rows count.
-- Rows that go with their organization find no row of it to count for: hence the join.
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO organization_counts AS c (organization_id, stripe, %1$I)
         SELECT o.id, $1, $2 * count(*)
           FROM changed
           JOIN organizations o ON o.id = changed.organization_id
          WHERE %2$s
          GROUP BY o.id
          ORDER BY o.id
             ON CONFLICT ON CONSTRAINT organization_counts_pkey DO UPDATE SET %1$I = c.%1$I + excluded.%1$I',
        TG_ARGV[0], TG_ARGV[1])
    USING (pg_backend_pid() % 32)::smallint, CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    RETURN NULL;
END
$$;

-- Each look is a statement of its own, so that it sees what was committed before it.
CREATE FUNCTION room_left(organization bigint, counted text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    room bigint;
BEGIN
    EXECUTE format(
        'SELECT max_%1$I - (SELECT coalesce(sum(%1$I), 0) FROM organization_counts WHERE organization_id = o.id)
           FROM organizations o
          WHERE id = $1',
        counted)
    INTO room USING organization;
    RETURN room;
END
$$;

-- Runs after what was inserted is counted. A transaction does not see what others have counted and not committed.
-- There are fewer of those than connections, and each inserts one row: with more room than that, nobody waits.
-- With less room each waits until the others have ended, and then counts.
CREATE FUNCTION limit_rows() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER customers_count_inserted AFTER INSERT ON customers
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('customers', 'true');
CREATE TRIGGER customers_count_deleted AFTER DELETE ON customers
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('customers', 'true');
CREATE TRIGGER users_count_inserted AFTER INSERT ON users
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('users', 'true');
CREATE TRIGGER users_count_deleted AFTER DELETE ON users
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('users', 'true');
CREATE TRIGGER sessions_count_inserted AFTER INSERT ON sessions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
    EXECUTE FUNCTION count_rows('tokens', 'changed.name IS NOT NULL');
CREATE TRIGGER sessions_count_deleted AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT
    EXECUTE FUNCTION count_rows('tokens', 'changed.name IS NOT NULL');
CREATE TRIGGER maintenance_windows_count_inserted AFTER INSERT ON maintenance_windows
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('maintenance_windows', 'true');
CREATE TRIGGER maintenance_windows_count_deleted AFTER DELETE ON maintenance_windows
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('maintenance_windows', 'true');

-- Triggers fire in the order of their names: each limit comes after its count.
CREATE TRIGGER smtp_monitors_limit AFTER INSERT ON smtp_monitors
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION limit_rows('smtp_monitors', 'true');
CREATE TRIGGER customers_limit AFTER INSERT ON customers
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION limit_rows('customers', 'true');
CREATE TRIGGER users_limit AFTER INSERT ON users
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION limit_rows('users', 'true');
CREATE TRIGGER sessions_limit AFTER INSERT ON sessions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION limit_rows('tokens', 'changed.name IS NOT NULL');
CREATE TRIGGER maintenance_windows_limit AFTER INSERT ON maintenance_windows
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION limit_rows('maintenance_windows', 'true');

INSERT INTO organization_counts AS c (organization_id, stripe, customers, users, tokens, maintenance_windows)
SELECT id, 0,
       (SELECT count(*) FROM customers t WHERE t.organization_id = o.id),
       (SELECT count(*) FROM users t WHERE t.organization_id = o.id),
       (SELECT count(*) FROM sessions t WHERE t.organization_id = o.id AND t.name IS NOT NULL),
       (SELECT count(*) FROM maintenance_windows t WHERE t.organization_id = o.id)
  FROM organizations o
    ON CONFLICT ON CONSTRAINT organization_counts_pkey
    DO UPDATE SET customers = excluded.customers, users = excluded.users, tokens = excluded.tokens,
                  maintenance_windows = excluded.maintenance_windows;

-- Who has more than the defaults already may double it.
UPDATE organizations o
   SET max_smtp_monitors       = greatest(max_smtp_monitors, 2 * c.smtp_monitors),
       max_customers           = greatest(max_customers, 2 * c.customers),
       max_users               = greatest(max_users, 2 * c.users),
       max_tokens              = greatest(max_tokens, 2 * c.tokens),
       max_maintenance_windows = greatest(max_maintenance_windows, 2 * c.maintenance_windows)
  FROM (SELECT organization_id, sum(smtp_monitors) AS smtp_monitors, sum(customers) AS customers,
               sum(users) AS users, sum(tokens) AS tokens, sum(maintenance_windows) AS maintenance_windows
          FROM organization_counts
         GROUP BY organization_id) c
 WHERE c.organization_id = o.id;
