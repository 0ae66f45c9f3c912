-- When each monitor is checked next at each location, and how its last checks there ended.
-- depends: 0010_create-locations

-- A check's time is a slot: a point of a grid as wide as the monitor's interval. Where on the grid is the row's
-- offset, a share of the interval, so that checks are spread and never drift. The millisecond keeps a slot that
-- was rounded to microseconds from lying before itself.
CREATE FUNCTION slot_before(moment timestamptz, check_interval integer, grid_offset double precision)
RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_timestamp((floor((date_part('epoch', moment) + 0.001) / check_interval - grid_offset) + grid_offset)
                    * check_interval);

-- An agent that has not been seen for some seconds is dead, and what it had begun is due again.
CREATE TABLE agents (
    id          uuid        PRIMARY KEY,
    location_id integer     NOT NULL,
    seen_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT agents_location_id_fkey FOREIGN KEY (location_id) REFERENCES locations (id) ON DELETE CASCADE
);

-- due_at is when to look at the row again, at the latest: what a PATCH has changed by then counts.
-- slot is the one that was claimed last; running_until is set while a check is under way, and ends it at the latest.
CREATE TABLE smtp_monitor_locations (
    organization_id bigint           NOT NULL,
    smtp_monitor_id bigint           NOT NULL,
    location_id     integer          NOT NULL,
    grid_offset     double precision NOT NULL,
    due_at          timestamptz      NOT NULL,
    slot            timestamptz,
    running_until   timestamptz,
    running_by      uuid,
    triggered       boolean          NOT NULL DEFAULT false,
    checked_at      timestamptz,
    failures        integer          NOT NULL DEFAULT 0,
    successes       integer          NOT NULL DEFAULT 0,
    capabilities    json,
    PRIMARY KEY (organization_id, smtp_monitor_id, location_id),
    CONSTRAINT smtp_monitor_locations_smtp_monitor_id_fkey FOREIGN KEY (organization_id, smtp_monitor_id)
        REFERENCES smtp_monitors (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT smtp_monitor_locations_location_id_fkey FOREIGN KEY (location_id)
        REFERENCES locations (id) ON DELETE CASCADE,
    CONSTRAINT smtp_monitor_locations_grid_offset_check CHECK (grid_offset >= 0 AND grid_offset < 1)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX smtp_monitor_locations_due_at_idx ON smtp_monitor_locations (location_id, due_at);

-- Rows are made with the monitor or the location. First checks are spread over the interval, but nobody waits
-- more than five minutes for one.
CREATE FUNCTION first_due(check_interval integer, grid_offset double precision)
RETURNS timestamptz LANGUAGE sql STABLE
RETURN CASE WHEN check_interval <= 300
            THEN slot_before(now(), check_interval, grid_offset) + make_interval(secs => check_interval)
            ELSE now() + make_interval(secs => 300 * grid_offset)
       END;

CREATE FUNCTION schedule_smtp_monitors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO smtp_monitor_locations (organization_id, smtp_monitor_id, location_id, grid_offset, due_at)
    SELECT m.organization_id, m.id, l.id, r.grid_offset, first_due(m.check_interval, r.grid_offset)
      FROM inserted m
     CROSS JOIN locations l
     CROSS JOIN LATERAL (SELECT random() + 0 * m.id AS grid_offset) r;
    RETURN NULL;
END
$$;

CREATE FUNCTION schedule_locations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO smtp_monitor_locations (organization_id, smtp_monitor_id, location_id, grid_offset, due_at)
    SELECT m.organization_id, m.id, l.id, r.grid_offset, first_due(m.check_interval, r.grid_offset)
      FROM inserted l
     CROSS JOIN smtp_monitors m
     CROSS JOIN LATERAL (SELECT random() + 0 * m.id AS grid_offset) r;
    RETURN NULL;
END
$$;

CREATE TRIGGER smtp_monitors_schedule AFTER INSERT ON smtp_monitors
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION schedule_smtp_monitors();
CREATE TRIGGER locations_schedule AFTER INSERT ON locations
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION schedule_locations();
