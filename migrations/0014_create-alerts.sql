-- An alert is one message to one receiver: written with what it is about, delivered afterwards, at least once.
-- depends: 0013_create-incidents

-- id goes with every delivery, so that a receiver can drop a repeated one. occasion says what must be told only
-- once: of one certificate, for instance, that it has less than a week. While an alert is pending, next_attempt_at
-- is when to try, or when a lost attempt is given up.
CREATE TABLE alerts (
    organization_id bigint      NOT NULL,
    id              uuid        NOT NULL DEFAULT gen_random_uuid(),
    smtp_monitor_id bigint      NOT NULL,
    incident_id     bigint,
    kind            text        NOT NULL,
    occasion        text        NOT NULL,
    channel         text        NOT NULL,
    recipient       text        NOT NULL,
    facts           json        NOT NULL,
    state           text        NOT NULL DEFAULT 'pending',
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT alerts_occasion_key UNIQUE (organization_id, smtp_monitor_id, occasion, channel),
    CONSTRAINT alerts_smtp_monitor_id_fkey FOREIGN KEY (organization_id, smtp_monitor_id)
        REFERENCES smtp_monitors (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT alerts_incident_id_fkey FOREIGN KEY (organization_id, incident_id)
        REFERENCES incidents (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT alerts_kind_check
        CHECK (kind IN ('incident_opened', 'incident_reminder', 'incident_closed', 'certificate_expires')),
    CONSTRAINT alerts_channel_check CHECK (channel IN ('email', 'webhook', 'sms')),
    CONSTRAINT alerts_state_check CHECK (state IN ('pending', 'delivered', 'given_up'))
) WITH (fillfactor = 80);

CREATE INDEX alerts_pending_idx ON alerts (next_attempt_at) WHERE state = 'pending';
CREATE INDEX alerts_incident_id_idx ON alerts (organization_id, incident_id);
CREATE INDEX alerts_smtp_monitor_id_idx ON alerts (organization_id, smtp_monitor_id, created_at);

CREATE TABLE alert_attempts (
    organization_id bigint      NOT NULL,
    alert_id        uuid        NOT NULL,
    number          integer     NOT NULL,
    ended_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered       boolean     NOT NULL,
    detail          text        NOT NULL,
    PRIMARY KEY (organization_id, alert_id, number),
    CONSTRAINT alert_attempts_alert_id_fkey FOREIGN KEY (organization_id, alert_id)
        REFERENCES alerts (organization_id, id) ON DELETE CASCADE
);

-- Where an organization's alerts are posted to, and the secret that signs them, encrypted.
CREATE TABLE webhooks (
    organization_id bigint      PRIMARY KEY,
    url             text        NOT NULL,
    secret          bytea       NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT webhooks_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE CASCADE,
    CONSTRAINT webhooks_url_check CHECK (url ~ '^https?://' AND char_length(url) <= 2048)
);
