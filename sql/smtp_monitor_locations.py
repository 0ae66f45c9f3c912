"""When each monitor is checked at each location. Agents claim due checks, many at once."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import DELETED, DEPARTING, within_reach
from sql.rows import Key, arrays

# A PATCH moves no due time. So each row is looked at once a minute at least, with the monitor as it is then.
LOOK = timedelta(seconds=60)
# A check that was lost with its agent ends this long after its deadline.
GRACE = timedelta(seconds=15)
# A check that is asked for begins at least this long after the one before began.
FLOOR = timedelta(seconds=10)


async def claim(
    db: Executor, location_id: int, agent_id: UUID, *, limit: int, but_of: Collection[int] = ()
) -> list[asyncpg.Record]:
    """Look at the rows that are due, *but of* those organizations, and set when each is due next, on its grid.

    Those with *checks* are to be checked now, and by nobody else until running_until. *late* is in seconds.
    """
    query = f"""
        WITH due AS (
            SELECT organization_id, smtp_monitor_id, location_id, due_at, slot, running_until, triggered,
                   begun_at, grid_offset, capabilities
              FROM smtp_monitor_locations
             WHERE location_id = $1
               AND due_at <= now()
               AND organization_id <> ALL($7::bigint[])
               AND organization_id NOT IN {DEPARTING}
             ORDER BY due_at
             LIMIT $2
               FOR UPDATE SKIP LOCKED
        ), looked AS (
            SELECT d.*, m.public_id, m.status, m.check_interval, m.timeout_seconds, m.hostname, m.port,
                   m.smtp_config, m.smtp_password,
                   p.active AND m.organization_id NOT IN {DELETED}
                   AND (m.allowed_check_country_codes IS NULL
                        OR p.country = ANY(m.allowed_check_country_codes)) AS allowed,
                   slot_before(now(), m.check_interval, d.grid_offset) AS slot_now,
                   d.begun_at + $6::interval AS may_begin_at
              FROM due d
              JOIN smtp_monitors m ON m.organization_id = d.organization_id AND m.id = d.smtp_monitor_id
              JOIN locations p ON p.id = d.location_id
        ), judged AS (
            SELECT l.*,
                   status <> 'disabled' AND allowed AS scheduled,
                   coalesce(running_until <= now(), true) AND allowed
                   AND ((triggered AND coalesce(may_begin_at <= now(), true))
                        OR (status <> 'disabled' AND coalesce(slot_now > slot, true))) AS checks
              FROM looked l
        )
        UPDATE smtp_monitor_locations l
           SET due_at = least(now() + $3::interval,
                              CASE WHEN j.scheduled THEN j.slot_now + make_interval(secs => j.check_interval) END,
                              CASE WHEN j.triggered AND NOT j.checks AND j.may_begin_at > now()
                                   THEN j.may_begin_at END),
               begun_at = CASE WHEN j.checks THEN now() ELSE l.begun_at END,
               slot = CASE WHEN j.checks THEN j.slot_now ELSE l.slot END,
               running_until = CASE WHEN j.checks THEN now() + make_interval(secs => j.timeout_seconds) + $4::interval
                                    ELSE l.running_until END,
               running_by = CASE WHEN j.checks THEN $5 ELSE l.running_by END,
               triggered = l.triggered AND NOT j.checks AND j.allowed
          FROM judged j
         WHERE l.organization_id = j.organization_id
           AND l.smtp_monitor_id = j.smtp_monitor_id
           AND l.location_id = j.location_id
        RETURNING j.checks, j.organization_id, j.smtp_monitor_id, j.public_id, j.hostname, j.port,
                  j.timeout_seconds, j.smtp_config, j.smtp_password, j.capabilities,
                  date_part('epoch', now() - j.due_at) AS late
    """
    return await db.fetch(query, location_id, limit, LOOK, GRACE, agent_id, FLOOR, but_of)


async def seconds_to_next(db: Executor, location_id: int) -> float | None:
    """How long until something is due; negative if it is already, None if nothing ever is."""
    query = f"""
        SELECT date_part('epoch', min(due_at) - clock_timestamp())
          FROM smtp_monitor_locations
         WHERE location_id = $1
           AND organization_id NOT IN {DEPARTING}
    """
    seconds: float | None = await db.fetchval(query, location_id)
    return seconds


async def count_due(db: Executor, location_id: int) -> int:
    query = "SELECT count(*) FROM smtp_monitor_locations WHERE location_id = $1 AND due_at <= now()"
    return int(await db.fetchval(query, location_id))


async def release(db: Executor, location_id: int, keys: Sequence[Key]) -> None:
    """Give back claimed checks that will not be made: they are due again at once."""
    query = """
        UPDATE smtp_monitor_locations l
           SET due_at = now(), slot = NULL, running_until = NULL
          FROM unnest($2::bigint[], $3::bigint[]) AS k (organization_id, smtp_monitor_id)
         WHERE l.organization_id = k.organization_id
           AND l.smtp_monitor_id = k.smtp_monitor_id
           AND l.location_id = $1
    """
    await db.execute(query, location_id, *arrays(Key, keys))


async def release_unknown(db: Executor, location_id: int, agent_id: UUID, known: Sequence[Key]) -> None:
    """Give back what an agent has claimed, except the checks that it knows of."""
    query = """
        UPDATE smtp_monitor_locations l
           SET due_at = now(), slot = NULL, running_until = NULL
         WHERE l.location_id = $1
           AND l.running_by = $2
           AND l.running_until IS NOT NULL
           AND NOT EXISTS (SELECT
                             FROM unnest($3::bigint[], $4::bigint[]) AS k (organization_id, smtp_monitor_id)
                            WHERE k.organization_id = l.organization_id
                              AND k.smtp_monitor_id = l.smtp_monitor_id)
    """
    await db.execute(query, location_id, agent_id, *arrays(Key, known))


async def trigger(db: Executor, reach: Reach, public_id: UUID) -> asyncpg.Record | None:
    """Ask for a check at every active location that the monitor's countries allow, and wake the agents there.

    Where one waits already, nothing changes. None if the monitor is out of reach. Else a row: its id, the codes of
    those locations, when a check may begin at each, the codes where one waited, and how many locations are active.
    """
    query = f"""
        WITH monitor AS (
            SELECT organization_id, id, allowed_check_country_codes
              FROM smtp_monitors
             WHERE {within_reach("organization_id", "customer_id")}
               AND public_id = $3
        ), asked AS (
            SELECT l.organization_id, l.smtp_monitor_id, l.location_id, p.code,
                   greatest(now(), l.begun_at + $4::interval) AS may_begin_at
              FROM monitor m
              JOIN smtp_monitor_locations l ON l.organization_id = m.organization_id AND l.smtp_monitor_id = m.id
              JOIN locations p ON p.id = l.location_id
             WHERE p.active
               AND (m.allowed_check_country_codes IS NULL OR p.country = ANY(m.allowed_check_country_codes))
        ), triggered AS (
            UPDATE smtp_monitor_locations l
               SET due_at = least(l.due_at, a.may_begin_at), triggered = true
              FROM asked a
             WHERE NOT l.triggered
               AND l.organization_id = a.organization_id
               AND l.smtp_monitor_id = a.smtp_monitor_id
               AND l.location_id = a.location_id
            RETURNING a.code, pg_notify('agents', a.code)
        )
        SELECT id,
               ARRAY(SELECT code FROM asked ORDER BY code) AS location_codes,
               ARRAY(SELECT may_begin_at FROM asked ORDER BY code) AS may_begin_at,
               ARRAY(SELECT code FROM asked EXCEPT SELECT code FROM triggered ORDER BY code) AS waiting_codes,
               (SELECT count(*) FROM locations WHERE active) AS active_locations
          FROM monitor
    """
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, public_id, FLOOR)


async def select_of_monitor(db: Executor, organization_id: int, smtp_monitor_id: int) -> list[asyncpg.Record]:
    """Where a monitor is checked, and what its server offered there last."""
    query = """
        SELECT p.code, p.name, p.country, l.checked_at, l.capabilities
          FROM smtp_monitor_locations l
          JOIN smtp_monitors m ON m.organization_id = l.organization_id AND m.id = l.smtp_monitor_id
          JOIN locations p ON p.id = l.location_id
         WHERE l.organization_id = $1
           AND l.smtp_monitor_id = $2
           AND p.active
           AND (m.allowed_check_country_codes IS NULL OR p.country = ANY(m.allowed_check_country_codes))
         ORDER BY p.code
    """
    return await db.fetch(query, organization_id, smtp_monitor_id)
