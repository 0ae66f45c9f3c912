"""The outbox. An alert is stored with the facts that it tells, is leased for delivery, and keeps its attempts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from sql.connection import Executor
from sql.fragments import DELETED, DEPARTING, REFUSED
from sql.rows import Key, arrays

LEASE = timedelta(seconds=60)  # an attempt that has not ended by then was lost; another one is made
GIVE_UP = timedelta(hours=24)

RECEIVERS = """
          LEFT JOIN webhooks w ON w.organization_id = m.organization_id
         CROSS JOIN LATERAL (VALUES ('email', m.notification_email),
                                    ('sms', m.notification_phone_number),
                                    ('webhook', w.url)) AS r (channel, recipient)
"""
# Alerts of a deleted organization stay. Of one incident, over one channel, the earlier alert goes first.
MAY_LEAVE = f"""
               a.organization_id NOT IN {DELETED} AND a.organization_id NOT IN {DEPARTING}
           AND NOT EXISTS (SELECT
                             FROM alerts earlier
                            WHERE earlier.organization_id = a.organization_id
                              AND earlier.incident_id = a.incident_id
                              AND earlier.channel = a.channel
                              AND earlier.state = 'pending'
                              AND earlier.created_at < a.created_at)
"""
MONITOR_FACTS = """
               'monitor_name', m.name, 'hostname', m.hostname, 'port', m.port, 'smtp_monitor_id', m.id,
               'public_id', m.public_id, 'organization_id', m.organization_id
"""


@dataclass(frozen=True, slots=True)
class ExpiringCertificate:
    """A monitor's certificate that ends soon. Each *occasion* is told once."""

    organization_id: int
    smtp_monitor_id: int
    occasion: str
    not_after: datetime
    days_left: int


async def insert_of_incidents(db: Executor, kind: str, incidents: Sequence[Key]) -> None:
    """Alert the receivers that the incidents' monitors name, unless the monitors are silent now. Wake the agents."""
    query = f"""
        INSERT INTO alerts (organization_id, smtp_monitor_id, incident_id, kind, occasion, channel, recipient, facts)
        SELECT i.organization_id, i.smtp_monitor_id, i.id, $3,
               concat_ws(':', $3::text, i.id,
                         CASE $3 WHEN 'incident_reminder' THEN date_part('epoch', i.reminded_at) END),
               r.channel, r.recipient,
               json_build_object({MONITOR_FACTS},
                                 'phase', i.phase, 'code', i.code, 'detail', i.detail, 'incident_id', i.id,
                                 'opened_at', i.opened_at, 'closed_at', i.closed_at,
                                 'close_reason', i.close_reason, 'location_codes', i.location_codes)
          FROM unnest($1::bigint[], $2::bigint[]) AS k (organization_id, id)
          JOIN incidents i ON i.organization_id = k.organization_id AND i.id = k.id
          JOIN smtp_monitors m ON m.organization_id = i.organization_id AND m.id = i.smtp_monitor_id
          {RECEIVERS}
         WHERE r.recipient IS NOT NULL
           AND NOT is_silent(m, now())
            ON CONFLICT ON CONSTRAINT alerts_occasion_key DO NOTHING
    """
    await db.execute(query, *arrays(Key, incidents), kind)
    await wake(db)


async def insert_of_certificates(db: Executor, expiring: Sequence[ExpiringCertificate]) -> None:
    """Alert the receivers that the monitors name, unless the monitors are silent now. Wake the agents."""
    query = f"""
        INSERT INTO alerts (organization_id, smtp_monitor_id, kind, occasion, channel, recipient, facts)
        SELECT m.organization_id, m.id, 'certificate_expires', k.occasion, r.channel, r.recipient,
               json_build_object({MONITOR_FACTS}, 'not_after', k.not_after, 'days_left', k.days_left)
          FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::integer[])
            AS k (organization_id, smtp_monitor_id, occasion, not_after, days_left)
          JOIN smtp_monitors m ON m.organization_id = k.organization_id AND m.id = k.smtp_monitor_id
          {RECEIVERS}
         WHERE r.recipient IS NOT NULL
           AND m.organization_id NOT IN {REFUSED}
           AND m.status <> 'disabled'
           AND NOT is_silent(m, now())
            ON CONFLICT ON CONSTRAINT alerts_occasion_key DO NOTHING
    """
    tag = await db.execute(query, *arrays(ExpiringCertificate, expiring))
    if not tag.endswith(" 0"):
        await wake(db)


async def wake(db: Executor) -> None:
    await db.execute("SELECT pg_notify('agents', 'alerts')")


async def lease(
    db: Executor, channels: Sequence[str], *, limit: int, but_of: Collection[int] = ()
) -> list[asyncpg.Record]:
    """Take alerts that are due, *but of* those organizations, for one attempt each. Those of an incident keep order."""
    query = f"""
        WITH due AS (
            SELECT organization_id, id
              FROM alerts a
             WHERE state = 'pending'
               AND next_attempt_at <= now()
               AND channel = ANY($1)
               AND organization_id <> ALL($4::bigint[])
               AND {MAY_LEAVE}
             ORDER BY next_attempt_at
             LIMIT $2
               FOR UPDATE SKIP LOCKED
        )
        UPDATE alerts a
           SET attempts = attempts + 1, next_attempt_at = now() + $3::interval
          FROM due d
         WHERE a.organization_id = d.organization_id
           AND a.id = d.id
        RETURNING a.organization_id, a.id, a.smtp_monitor_id, a.kind, a.channel, a.recipient, a.facts, a.attempts,
                  a.created_at,
                  (SELECT secret FROM webhooks w WHERE w.organization_id = a.organization_id) AS webhook_secret
    """
    return await db.fetch(query, channels, limit, LEASE, but_of)


async def finish(
    db: Executor,
    organization_id: int,
    alert_id: UUID,
    *,
    number: int,
    detail: str,
    retry_after: timedelta | None,
    final: bool = False,
) -> None:
    """Store how an attempt ended, unless its organization was removed meanwhile.

    Without *retry_after* it delivered; after a *final* one, or a day, none follows.
    """
    query = """
        WITH attempt AS (
            INSERT INTO alert_attempts (organization_id, alert_id, number, delivered, detail)
            SELECT organization_id, id, $3, $5::interval IS NULL, $4
              FROM alerts
             WHERE organization_id = $1
               AND id = $2
                ON CONFLICT DO NOTHING
        ), ended AS (
            SELECT CASE WHEN $5::interval IS NULL THEN 'delivered'
                        WHEN $7 OR created_at < now() - $6::interval THEN 'given_up'
                        ELSE 'pending' END AS state
              FROM alerts
             WHERE organization_id = $1
               AND id = $2
        )
        UPDATE alerts a
           SET state = e.state,
               next_attempt_at = coalesce(now() + $5::interval, next_attempt_at),
               ended_at = CASE e.state WHEN 'pending' THEN NULL ELSE now() END
          FROM ended e
         WHERE a.organization_id = $1
           AND a.id = $2
    """
    await db.execute(query, organization_id, alert_id, number, detail, retry_after, GIVE_UP, final)


async def select_backlog(db: Executor) -> list[asyncpg.Record]:
    """How many alerts are pending over each channel, and the age of the oldest."""
    query = """
        SELECT channel, count(*) AS alerts, date_part('epoch', now() - min(created_at)) AS oldest_seconds
          FROM alerts
         WHERE state = 'pending'
         GROUP BY channel
    """
    return await db.fetch(query)


async def seconds_to_next(db: Executor, channels: Sequence[str]) -> float | None:
    """How long until the next alert is due; None if none is pending."""
    query = f"""
        SELECT date_part('epoch', min(next_attempt_at) - clock_timestamp())
          FROM alerts a
         WHERE state = 'pending'
           AND channel = ANY($1)
           AND {MAY_LEAVE}
    """
    seconds: float | None = await db.fetchval(query, channels)
    return seconds


async def select_history(
    db: Executor,
    organization_id: int,
    smtp_monitor_id: int,
    *,
    limit: int,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[asyncpg.Record]:
    """The newest alerts, newest first, each with its attempts as JSON, oldest first."""
    query = """
        SELECT id, incident_id, kind, channel, recipient, state, created_at, ended_at,
               (SELECT coalesce(json_agg(json_build_object('number', number, 'ended_at', ended_at,
                                                           'delivered', delivered, 'detail', detail)
                                         ORDER BY number), '[]')
                  FROM alert_attempts t
                 WHERE t.organization_id = a.organization_id
                   AND t.alert_id = a.id) AS attempts
          FROM alerts a
         WHERE organization_id = $1
           AND smtp_monitor_id = $2
           AND created_at >= coalesce($4::timestamptz, '-infinity')
           AND created_at < coalesce($5::timestamptz, 'infinity')
         ORDER BY created_at DESC, id
         LIMIT $3
    """
    return await db.fetch(query, organization_id, smtp_monitor_id, limit, since, before)
