-- Who changed what of a monitor, when and from where; kept when the monitor or the user is gone.
-- depends: 0007_count-smtp-monitors

-- No foreign keys: each would be a look-up for every PATCH. A change is named by the version that it made.
-- after has the columns that were named, before has at least these; passwords stand apart, encrypted as the
-- monitor's own. A monitor's beginning has no before, its end no after.
CREATE TABLE smtp_monitor_changes (
    organization_id bigint      NOT NULL,
    smtp_monitor_id bigint      NOT NULL,
    version         bigint      NOT NULL,
    changed_at      timestamptz NOT NULL,
    actor           json        NOT NULL,
    address         text        NOT NULL,
    before          json,
    after           json,
    before_password bytea,
    after_password  bytea,
    PRIMARY KEY (organization_id, smtp_monitor_id, version)
);
