-- How many monitors there are is kept, so that a list of a million need not count them.
-- depends: 0006_create-idempotency-keys

-- Each backend adds to a stripe of its own, so that concurrent creates do not wait for each other's commit;
-- the count is the sum of the stripes. A single stripe may be negative.
CREATE TABLE organization_counts (
    organization_id bigint   NOT NULL,
    stripe          smallint NOT NULL,
    smtp_monitors   bigint   NOT NULL,
    PRIMARY KEY (organization_id, stripe),
    CONSTRAINT organization_counts_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE
) WITH (fillfactor = 50);

CREATE TABLE customer_counts (
    organization_id bigint   NOT NULL,
    customer_id     bigint   NOT NULL,
    stripe          smallint NOT NULL,
    smtp_monitors   bigint   NOT NULL,
    PRIMARY KEY (organization_id, customer_id, stripe),
    CONSTRAINT customer_counts_customer_id_fkey FOREIGN KEY (organization_id, customer_id)
        REFERENCES customers (organization_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);

-- Monitors that go with their customer or organization find no row of it to count for: hence the joins.
CREATE FUNCTION count_smtp_monitors() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign       integer  := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    own_stripe smallint := pg_backend_pid() % 32;
BEGIN
    INSERT INTO organization_counts AS c
    SELECT o.id, own_stripe, sign * count(*)
      FROM changed
      JOIN organizations o ON o.id = changed.organization_id
     GROUP BY o.id
     ORDER BY o.id
        ON CONFLICT ON CONSTRAINT organization_counts_pkey
        DO UPDATE SET smtp_monitors = c.smtp_monitors + excluded.smtp_monitors;
    INSERT INTO customer_counts AS c
    SELECT u.organization_id, u.id, own_stripe, sign * count(*)
      FROM changed
      JOIN customers u ON u.organization_id = changed.organization_id AND u.id = changed.customer_id
     GROUP BY u.organization_id, u.id
     ORDER BY u.organization_id, u.id
        ON CONFLICT ON CONSTRAINT customer_counts_pkey
        DO UPDATE SET smtp_monitors = c.smtp_monitors + excluded.smtp_monitors;
    RETURN NULL;
END
$$;

CREATE TRIGGER smtp_monitors_count_inserted AFTER INSERT ON smtp_monitors
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_smtp_monitors();
CREATE TRIGGER smtp_monitors_count_deleted AFTER DELETE ON smtp_monitors
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_smtp_monitors();

-- No client moves a monitor; one that is moved by hand would be counted for the wrong customer.
-- AFTER, since a BEFORE trigger for rows locks every row that a PATCH updates once more.
CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a monitor cannot be moved to another customer; insert it there and delete it here';
END
$$;

CREATE TRIGGER smtp_monitors_refuse_move AFTER UPDATE OF organization_id, customer_id ON smtp_monitors
    FOR EACH ROW WHEN (old.organization_id <> new.organization_id OR old.customer_id <> new.customer_id)
    EXECUTE FUNCTION refuse_move();

INSERT INTO organization_counts
SELECT organization_id, 0, count(*) FROM smtp_monitors GROUP BY organization_id;
INSERT INTO customer_counts
SELECT organization_id, customer_id, 0, count(*) FROM smtp_monitors GROUP BY organization_id, customer_id;
