-- Whether each monitor is up, as the engine sees it, and since when; found by an index.
-- depends: 0031_move-organizations

-- What the last check at a location found; nothing but its verdict if it succeeded.
ALTER TABLE smtp_monitor_locations
    ADD COLUMN verdict text,
    ADD COLUMN phase   text,
    ADD COLUMN code    text,
    ADD COLUMN detail  text;

-- Written by the engine when it changes, so that the updates of every check stay heap-only (HOT). A monitor's status
-- comes before it: one that is disabled is paused, whatever is written here.
ALTER TABLE smtp_monitor_states
    ADD COLUMN state       text        NOT NULL DEFAULT 'unknown',
    ADD COLUMN state_since timestamptz NOT NULL DEFAULT now(),
    ADD CONSTRAINT smtp_monitor_states_state_check CHECK (state IN ('up', 'warning', 'down', 'unknown', 'maintenance'));
CREATE INDEX smtp_monitor_states_state_idx ON smtp_monitor_states (state, organization_id);

UPDATE smtp_monitor_states s
   SET state = 'down', state_since = i.opened_at
  FROM incidents i
 WHERE i.organization_id = s.organization_id
   AND i.smtp_monitor_id = s.smtp_monitor_id
   AND i.closed_at IS NULL;

-- The worst comes first. A status stands for the state that it gives, whatever the engine saw last.
CREATE FUNCTION state_of(status text, state text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE status WHEN 'disabled' THEN 'paused' WHEN 'maintenance' THEN 'maintenance'
                   ELSE coalesce(state, 'unknown') END;
CREATE FUNCTION rank_of(state text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_position(ARRAY['down', 'warning', 'unknown', 'maintenance', 'paused', 'up'], state)::smallint;

-- A part of is_silent() of 0024.
CREATE FUNCTION in_window(m smtp_monitors, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN EXISTS (SELECT
                 FROM maintenance_windows w
                WHERE w.organization_id = m.organization_id
                  AND (w.smtp_monitor_id = m.id OR w.smtp_monitor_id IS NULL)
                  AND (w.customer_id = m.customer_id OR w.customer_id IS NULL)
                  AND is_open(w, moment));
CREATE OR REPLACE FUNCTION is_silent(m smtp_monitors, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN m.status = 'maintenance'
    OR EXISTS (SELECT FROM organizations o WHERE o.id = m.organization_id AND o.deleted_at IS NOT NULL)
    OR in_window(m, moment);

ALTER TABLE indexed_smtp_monitors
    ADD COLUMN state       text        COLLATE "C" NOT NULL DEFAULT 'unknown',
    ADD COLUMN state_since timestamptz NOT NULL DEFAULT now();
UPDATE indexed_smtp_monitors i
   SET state = state_of(i.status, s.state), state_since = coalesce(s.state_since, now())
  FROM smtp_monitor_states s
 WHERE s.organization_id = i.organization_id
   AND s.smtp_monitor_id = i.id
   AND state_of(i.status, s.state) <> 'unknown';
UPDATE indexed_smtp_monitors SET state = state_of(status, state) WHERE state <> state_of(status, state);

CREATE INDEX indexed_smtp_monitors_state_idx ON indexed_smtp_monitors (state, organization_id, id)
    INCLUDE (customer_id);
CREATE INDEX indexed_smtp_monitors_customer_state_idx
    ON indexed_smtp_monitors (organization_id, customer_id, state, id);
-- the orders of sorted lists
CREATE INDEX indexed_smtp_monitors_rank_idx
    ON indexed_smtp_monitors (organization_id, rank_of(state), state_since DESC, id);
CREATE INDEX indexed_smtp_monitors_customer_rank_idx
    ON indexed_smtp_monitors (organization_id, customer_id, rank_of(state), state_since DESC, id);
CREATE INDEX indexed_smtp_monitors_since_idx ON indexed_smtp_monitors (organization_id, state_since, id);
CREATE INDEX indexed_smtp_monitors_name_idx ON indexed_smtp_monitors (organization_id, words, id);

-- How many of the indexed ones have each status and state.
ALTER TABLE indexed_smtp_monitor_counts DROP CONSTRAINT indexed_smtp_monitor_counts_pkey;
DELETE FROM indexed_smtp_monitor_counts;
ALTER TABLE indexed_smtp_monitor_counts
    ADD COLUMN state text COLLATE "C" NOT NULL,
    ADD CONSTRAINT indexed_smtp_monitor_counts_pkey PRIMARY KEY (organization_id, customer_id, status, state);
INSERT INTO indexed_smtp_monitor_counts (organization_id, customer_id, status, state, smtp_monitors)
SELECT organization_id, customer_id, status, state, count(*) FROM indexed_smtp_monitors GROUP BY 1, 2, 3, 4;
