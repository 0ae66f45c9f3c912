"""Outages. A monitor has at most one that is open. The agent decides when one opens or closes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from sql.connection import Executor
from sql.fragments import REFUSED
from sql.rows import Key, arrays

# A location that has not checked a monitor for so many intervals does not count.
STALE_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """What an incident begins with."""

    organization_id: int
    smtp_monitor_id: int
    phase: str
    code: str
    detail: str
    location_codes: Sequence[str]


async def select_standings(db: Executor, monitors: Collection[Key]) -> list[asyncpg.Record]:
    """One row a monitor: how often in a row its checks failed or succeeded, in arrays over its locations.

    The arrays are empty if no location has checked it lately.
    """
    query = """
        SELECT m.organization_id, m.id AS smtp_monitor_id, m.status, is_silent(m, now()) AS silent,
               in_window(m, now()) AS in_window, t.state,
               i.id AS incident_id,
               o.failure_confirmations, o.recovery_confirmations, o.location_share_percent,
               l.codes, l.failures, l.successes, l.warned
          FROM unnest($1::bigint[], $2::bigint[]) AS k (organization_id, smtp_monitor_id)
          JOIN smtp_monitors m ON m.organization_id = k.organization_id AND m.id = k.smtp_monitor_id
          JOIN organizations o ON o.id = m.organization_id
          JOIN smtp_monitor_states t ON t.organization_id = m.organization_id AND t.smtp_monitor_id = m.id
          LEFT JOIN incidents i
            ON i.organization_id = m.organization_id AND i.smtp_monitor_id = m.id AND i.closed_at IS NULL
         CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(p.code ORDER BY p.id), '{}')      AS codes,
                   coalesce(array_agg(s.failures ORDER BY p.id), '{}')  AS failures,
                   coalesce(array_agg(s.successes ORDER BY p.id), '{}') AS successes,
                   bool_or(s.verdict = 'warning')                       AS warned
              FROM smtp_monitor_locations s
              JOIN locations p ON p.id = s.location_id
             WHERE s.organization_id = m.organization_id
               AND s.smtp_monitor_id = m.id
               AND p.active
               AND (m.allowed_check_country_codes IS NULL OR p.country = ANY(m.allowed_check_country_codes))
               AND s.checked_at > now() - make_interval(secs => $3 * m.check_interval + 2 * m.timeout_seconds + 60)
         ) l
    """
    return await db.fetch(query, *arrays(Key, monitors), STALE_INTERVALS)


async def insert(db: Executor, opened: Sequence[Opened]) -> list[Key]:
    """Open incidents; their keys. A monitor that has one open already keeps it and gets no second."""
    query = """
        INSERT INTO incidents (organization_id, smtp_monitor_id, phase, code, detail, location_codes)
        SELECT organization_id, smtp_monitor_id, phase, code, detail, string_to_array(location_codes, ',')
          FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS i (organization_id, smtp_monitor_id, phase, code, detail, location_codes)
            ON CONFLICT (organization_id, smtp_monitor_id) WHERE closed_at IS NULL DO NOTHING
        RETURNING organization_id, id
    """
    *columns, location_codes = arrays(Opened, opened)
    return _keys(await db.fetch(query, *columns, [",".join(codes) for codes in location_codes]))


async def close(db: Executor, incidents: Sequence[Key]) -> list[Key]:
    """Close incidents of monitors that have recovered; the keys of those that were open until now."""
    query = """
        UPDATE incidents i
           SET closed_at = now(), close_reason = 'recovered'
          FROM unnest($1::bigint[], $2::bigint[]) AS k (organization_id, id)
         WHERE i.organization_id = k.organization_id
           AND i.id = k.id
           AND i.closed_at IS NULL
        RETURNING i.organization_id, i.id
    """
    return _keys(await db.fetch(query, *arrays(Key, incidents)))


async def close_disabled(db: Executor) -> list[Key]:
    """Close the incidents of monitors that were disabled; their keys."""
    query = f"""
        UPDATE incidents i
           SET closed_at = now(), close_reason = 'disabled'
          FROM smtp_monitors m
         WHERE m.organization_id = i.organization_id
           AND m.id = i.smtp_monitor_id
           AND m.status = 'disabled'
           AND i.closed_at IS NULL
           AND i.organization_id NOT IN {REFUSED}
        RETURNING i.organization_id, i.id
    """
    return _keys(await db.fetch(query))


async def remind(db: Executor) -> list[Key]:
    """Record a reminder for each open incident that is due for one, and that nobody has taken over; their keys."""
    query = f"""
        UPDATE incidents i
           SET reminded_at = now()
          FROM organizations o, smtp_monitors m
         WHERE o.id = i.organization_id
           AND m.organization_id = i.organization_id
           AND m.id = i.smtp_monitor_id
           AND i.closed_at IS NULL
           AND i.acknowledged_at IS NULL
           AND i.reminded_at <= now() - make_interval(mins => o.reminder_interval_minutes)
           AND NOT is_silent(m, now())
           AND i.organization_id NOT IN {REFUSED}
        RETURNING i.organization_id, i.id
    """
    return _keys(await db.fetch(query))


async def select_history(
    db: Executor,
    organization_id: int,
    smtp_monitor_id: int,
    *,
    limit: int,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[asyncpg.Record]:
    """The newest incidents that were open at any time of the span, newest first."""
    query = """
        SELECT id, opened_at, closed_at, close_reason, phase, code, detail, location_codes,
               acknowledged_at, acknowledged_by, acknowledge_reason
          FROM incidents
         WHERE organization_id = $1
           AND smtp_monitor_id = $2
           AND coalesce(closed_at, 'infinity') >= coalesce($4::timestamptz, '-infinity')
           AND opened_at < coalesce($5::timestamptz, 'infinity')
         ORDER BY opened_at DESC, id DESC
         LIMIT $3
    """
    return await db.fetch(query, organization_id, smtp_monitor_id, limit, since, before)


async def count_open(db: Executor) -> int:
    return int(await db.fetchval("SELECT count(*) FROM incidents WHERE closed_at IS NULL"))


async def try_lock(db: Executor) -> bool:
    """Whether this transaction got the lock, so that it alone sweeps now."""
    return bool(await db.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('incidents sweep'))"))


def _keys(rows: Sequence[asyncpg.Record]) -> list[Key]:
    return [Key(row["organization_id"], row["id"]) for row in rows]
