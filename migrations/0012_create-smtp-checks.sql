-- What checks found, in partitions by day that are made ahead and dropped whole, and its roll-ups for charts.
-- depends: 0011_schedule-checks

-- No foreign key: a deleted monitor's results are out of everybody's reach, and go with their day.
CREATE TABLE smtp_checks (
    organization_id bigint      NOT NULL,
    smtp_monitor_id bigint      NOT NULL,
    checked_at      timestamptz NOT NULL,
    location_id     integer     NOT NULL,
    verdict         text        NOT NULL,
    phase           text        NOT NULL,
    code            text        NOT NULL,
    detail          text        NOT NULL,
    reply_code      integer,
    reply_text      text,
    hostname        text        NOT NULL,
    address         text,
    port            integer     NOT NULL,
    warnings        json,
    dns_ms          real,
    connect_ms      real,
    tls_ms          real,
    greeting_ms     real,
    ehlo_ms         real,
    starttls_ms     real,
    auth_ms         real,
    mail_ms         real,
    quit_ms         real,
    total_ms        real        NOT NULL,
    PRIMARY KEY (organization_id, smtp_monitor_id, checked_at, location_id),
    CONSTRAINT smtp_checks_verdict_check CHECK (verdict IN ('success', 'warning', 'failure'))
) PARTITION BY RANGE (checked_at);

-- the roll-up of an hour reads that hour's blocks alone
CREATE INDEX smtp_checks_checked_at_idx ON smtp_checks USING brin (checked_at) WITH (pages_per_range = 32);

CREATE TABLE smtp_check_hours (
    organization_id bigint           NOT NULL,
    smtp_monitor_id bigint           NOT NULL,
    starts_at       timestamptz      NOT NULL,
    checks          integer          NOT NULL,
    failures        integer          NOT NULL,
    warnings        integer          NOT NULL,
    answered        integer          NOT NULL,
    total_ms_sum    double precision NOT NULL,
    total_ms_min    real,
    total_ms_max    real,
    PRIMARY KEY (organization_id, smtp_monitor_id, starts_at)
) PARTITION BY RANGE (starts_at);

CREATE TABLE smtp_check_days (
    organization_id bigint           NOT NULL,
    smtp_monitor_id bigint           NOT NULL,
    starts_at       timestamptz      NOT NULL,
    checks          integer          NOT NULL,
    failures        integer          NOT NULL,
    warnings        integer          NOT NULL,
    answered        integer          NOT NULL,
    total_ms_sum    double precision NOT NULL,
    total_ms_min    real,
    total_ms_max    real,
    PRIMARY KEY (organization_id, smtp_monitor_id, starts_at)
);

CREATE INDEX smtp_check_days_starts_at_idx ON smtp_check_days USING brin (starts_at);

-- Up to when results are rolled up; what is younger is read from the results themselves.
CREATE TABLE smtp_check_rollups (
    granularity  text        PRIMARY KEY,
    rolled_up_to timestamptz NOT NULL,
    CONSTRAINT smtp_check_rollups_granularity_check CHECK (granularity IN ('hour', 'day'))
);

INSERT INTO smtp_check_rollups VALUES ('hour', '2026-01-01T00:00:00Z'), ('day', '2026-01-01T00:00:00Z');
