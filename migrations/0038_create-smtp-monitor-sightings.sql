-- What the server of a monitor showed at a location that seldom changes, each time it was something else: certificate
-- and protocol of TLS, and capabilities. The newest are kept; every check compares, few write.
-- depends: 0037_sum-phases

CREATE TABLE smtp_monitor_sightings (
    organization_id bigint      NOT NULL,
    smtp_monitor_id bigint      NOT NULL,
    location_id     integer     NOT NULL,
    kind            text        NOT NULL,
    seen_at         timestamptz NOT NULL,
    facts           json        NOT NULL,
    PRIMARY KEY (organization_id, smtp_monitor_id, kind, location_id, seen_at),
    CONSTRAINT smtp_monitor_sightings_smtp_monitor_id_fkey FOREIGN KEY (organization_id, smtp_monitor_id)
        REFERENCES smtp_monitors (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT smtp_monitor_sightings_location_id_fkey FOREIGN KEY (location_id)
        REFERENCES locations (id) ON DELETE CASCADE,
    CONSTRAINT smtp_monitor_sightings_kind_check CHECK (kind IN ('tls', 'capabilities'))
);
