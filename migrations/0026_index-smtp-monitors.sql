-- Monitors are found by their words and their status in a table beside theirs, which is brought up to date later.
-- depends: 0025_forget-expired-tokens

-- An index of smtp_monitors would cost every PATCH: an update of an indexed column is not heap-only. So a PATCH only
-- says which monitor has to be indexed again, and only if it changes what is indexed. Agents do the rest. Until then
-- whoever searches reads these few monitors themselves: what is found is always exact.
CREATE TABLE unindexed_smtp_monitors (
    organization_id bigint NOT NULL,
    smtp_monitor_id bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- no key: a PATCH only appends
ALTER TABLE unindexed_smtp_monitors REPLICA IDENTITY FULL;

-- words: the name and the host name in lower case, with a line break between them.
CREATE TABLE indexed_smtp_monitors (
    organization_id bigint NOT NULL,
    id              bigint NOT NULL,
    customer_id     bigint NOT NULL,
    status          text   COLLATE "C" NOT NULL,
    words           text   COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);

CREATE INDEX indexed_smtp_monitors_status_idx ON indexed_smtp_monitors (status, organization_id, id)
    INCLUDE (customer_id);
CREATE INDEX indexed_smtp_monitors_customer_id_idx
    ON indexed_smtp_monitors (organization_id, customer_id, status, id);

-- Whatever contains a text contains all of its trigrams. This is what the extension pg_trgm does, which not every
-- PostgreSQL has. plpgsql takes 5 microseconds for a monitor, an SQL function 18.
CREATE FUNCTION trigrams(words text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
DECLARE
    found text[] := '{}';
BEGIN
    FOR n IN 1 .. length(words) - 2 LOOP
        found[n] := substr(words, n, 3);
    END LOOP;
    RETURN found;
END
$$;

CREATE INDEX indexed_smtp_monitors_words_idx ON indexed_smtp_monitors USING gin (trigrams(words))
    WITH (gin_pending_list_limit = 256);

-- How many of the indexed ones have each status.
CREATE TABLE indexed_smtp_monitor_counts (
    organization_id bigint NOT NULL,
    customer_id     bigint NOT NULL,
    status          text   COLLATE "C" NOT NULL,
    smtp_monitors   bigint NOT NULL,
    PRIMARY KEY (organization_id, customer_id, status)
) WITH (fillfactor = 50);

CREATE FUNCTION unindex_smtp_monitor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unindexed_smtp_monitors VALUES (new.organization_id, new.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION unindex_smtp_monitors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unindexed_smtp_monitors SELECT organization_id, id FROM changed;
    RETURN NULL;
END
$$;

CREATE TRIGGER smtp_monitors_unindex_inserted AFTER INSERT ON smtp_monitors
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION unindex_smtp_monitors();
CREATE TRIGGER smtp_monitors_unindex_deleted AFTER DELETE ON smtp_monitors
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION unindex_smtp_monitors();
-- A PATCH, which counts the version, says itself what it has changed: for a row of its batch this takes three times as
-- long. For each row, because a table of all changed rows would cost writes that change nothing of this, too.
CREATE TRIGGER smtp_monitors_unindex_updated AFTER UPDATE OF name, hostname, status ON smtp_monitors
    FOR EACH ROW
    WHEN (old.version = new.version
          AND (old.name <> new.name OR old.hostname <> new.hostname OR old.status <> new.status))
    EXECUTE FUNCTION unindex_smtp_monitor();

INSERT INTO unindexed_smtp_monitors SELECT organization_id, id FROM smtp_monitors;
