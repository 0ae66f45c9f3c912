-- A cell is one database with this schema. Organizations live in exactly one cell, and ids are unique over all cells.
-- depends: 0026_index-smtp-monitors

-- The directory: who lives where. It is used in cell 0 alone, the database that the servers are given.
CREATE TABLE cells (
    id         smallint    PRIMARY KEY,
    url        bytea       NOT NULL, -- encrypted, since it has a password
    open       boolean     NOT NULL DEFAULT true, -- whether new organizations may be made there
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The organizations that were moved. All others live where they were made, which their ids say.
CREATE TABLE organization_homes (
    organization_id bigint   PRIMARY KEY,
    cell_id         smallint NOT NULL
);

-- The moves that are under way.
CREATE TABLE organization_moves (
    organization_id bigint      PRIMARY KEY,
    source_id       smallint    NOT NULL,
    target_id       smallint    NOT NULL,
    step            text        NOT NULL,
    started_at      timestamptz NOT NULL DEFAULT now()
);

-- The addresses of users whose organizations do not live in cell 0.
CREATE TABLE remote_logins (
    email           text   NOT NULL,
    organization_id bigint NOT NULL,
    PRIMARY KEY (email, organization_id)
);

CREATE FUNCTION notify_directory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY directory;
    RETURN NULL;
END
$$;

CREATE TRIGGER cells_notify AFTER INSERT OR UPDATE OR DELETE ON cells
    FOR EACH STATEMENT EXECUTE FUNCTION notify_directory();
CREATE TRIGGER organization_homes_notify AFTER INSERT OR UPDATE OR DELETE ON organization_homes
    FOR EACH STATEMENT EXECUTE FUNCTION notify_directory();

-- In every cell: which one it is.
CREATE TABLE this_cell (
    id smallint PRIMARY KEY
);
INSERT INTO this_cell VALUES (0);

-- Organizations that are about to leave this cell, and those that have left: their rows here are nobody's.
CREATE TABLE departures (
    organization_id bigint  PRIMARY KEY,
    departed        boolean NOT NULL
);

CREATE TRIGGER departures_notify AFTER INSERT OR UPDATE OR DELETE ON departures
    FOR EACH STATEMENT EXECUTE FUNCTION notify_all_callers();

-- Monitors that were made in this cell and have left it with their organization: a public id still leads there.
CREATE TABLE departed_smtp_monitors (
    public_id       uuid   PRIMARY KEY,
    organization_id bigint NOT NULL
);

-- Give this database its number. Its ids are those from number * 2^44 + 1 on, so that an id says where it was made.
CREATE FUNCTION number_cell(number integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    sequence regclass;
    lowest   CONSTANT bigint := number * (1::bigint << 44);
BEGIN
    IF number NOT BETWEEN 0 AND 255 THEN
        RAISE EXCEPTION 'a cell has a number from 0 to 255, not %', number;
    END IF;
    IF EXISTS (SELECT FROM organizations) THEN
        RAISE EXCEPTION 'there are organizations already: their ids say the cell that they were made in';
    END IF;
    UPDATE this_cell SET id = number;
    FOR sequence IN
        SELECT objid::regclass
          FROM pg_depend
          JOIN pg_sequence ON seqrelid = objid
         WHERE seqtypid = 'bigint'::regtype
           AND classid = 'pg_class'::regclass
           AND refclassid = 'pg_class'::regclass
           AND deptype = 'i'
    LOOP
        EXECUTE format(
            'ALTER SEQUENCE %s MINVALUE %s MAXVALUE %s START %s RESTART',
            sequence, lowest + 1, lowest + (1::bigint << 44) - 1, lowest + 1
        );
    END LOOP;
END
$$;
