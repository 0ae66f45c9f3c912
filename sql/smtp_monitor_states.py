"""Whether each monitor is up: what the engine wrote last, and which monitors it has to look at again."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from sql.connection import Executor
from sql.fragments import DEPARTING, microseconds
from sql.incidents import STALE_INTERVALS
from sql.rows import Key, arrays

STATES = ("down", "warning", "unknown", "maintenance", "paused", "up")  # the worst first, as rank_of() counts them
# Of a monitor m, whose row here is s: since when it is in its state. A status that gives a state is its own reason.
# The subquery is for those alone that are not active, which are few.
LIVE_SINCE = """CASE WHEN m.status = 'active' THEN coalesce(s.state_since, m.created_at)
                        ELSE coalesce((SELECT i.state_since
                                         FROM indexed_smtp_monitors i
                                        WHERE i.organization_id = m.organization_id
                                          AND i.id = m.id
                                          AND i.status = m.status), m.updated_at) END"""
# of a monitor m: its state, since when, and the error that explains it
COLUMNS = f"""
        x.state, {microseconds("x.since")} AS state_since,
        coalesce(e.phase, o.phase) AS error_phase, coalesce(e.code, o.code) AS error_code,
        coalesce(e.detail, o.detail) AS error_detail
"""
STATE = f"""
          LEFT JOIN LATERAL (
                SELECT state_of(m.status, s.state) AS state, {LIVE_SINCE} AS since
                  FROM (SELECT) AS one
                  LEFT JOIN smtp_monitor_states s
                    ON s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id
               ) AS x ON true
"""
JOINS = f"""{STATE}
          LEFT JOIN LATERAL (
                SELECT l.phase, l.code, l.detail
                  FROM smtp_monitor_locations l
                 WHERE x.state IN ('down', 'warning', 'maintenance')
                   AND l.organization_id = m.organization_id
                   AND l.smtp_monitor_id = m.id
                   AND l.verdict <> 'success'
                 ORDER BY l.verdict = 'failure' DESC, l.checked_at DESC
                 LIMIT 1
               ) AS e ON true
          LEFT JOIN incidents o
            ON x.state = 'down' AND e.code IS NULL AND o.closed_at IS NULL
           AND o.organization_id = m.organization_id AND o.smtp_monitor_id = m.id
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """A monitor whose state is another one now."""

    organization_id: int
    smtp_monitor_id: int
    state: str


async def select_one(db: Executor, organization_id: int, smtp_monitor_id: int) -> asyncpg.Record:
    """The state of a monitor that is there."""
    query = f"SELECT {COLUMNS} FROM smtp_monitors m {JOINS} WHERE m.organization_id = $1 AND m.id = $2"
    row = await db.fetchrow(query, organization_id, smtp_monitor_id)
    assert row is not None
    return row


async def write(db: Executor, changed: Sequence[Changed]) -> None:
    """Write states, and have the monitors indexed again. The caller has locked their rows, in their order."""
    query = """
        WITH changed AS (
            UPDATE smtp_monitor_states s
               SET state = c.state, state_since = now()
              FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS c (organization_id, smtp_monitor_id, state)
             WHERE s.organization_id = c.organization_id
               AND s.smtp_monitor_id = c.smtp_monitor_id
               AND s.state <> c.state
            RETURNING s.organization_id, s.smtp_monitor_id
        )
        INSERT INTO unindexed_smtp_monitors (organization_id, smtp_monitor_id)
        SELECT organization_id, smtp_monitor_id FROM changed
    """
    await db.execute(query, *arrays(Changed, changed))


async def lock_outdated(db: Executor, *, limit: int) -> list[Key]:
    """Monitors whose state no check will put right soon: a window has opened or closed, an incident was closed."""
    return _keys(await db.fetch(_LOCKED.format(keys=_OUTDATED, departing=DEPARTING), limit))


async def lock_stale(db: Executor, *, limit: int) -> list[Key]:
    """Monitors that nobody has checked for so long that their state is unknown. This reads every monitor."""
    keys = f"""
        SELECT s.organization_id, s.smtp_monitor_id
          FROM smtp_monitor_states s
          JOIN smtp_monitors m ON m.organization_id = s.organization_id AND m.id = s.smtp_monitor_id
         WHERE s.state IN ('up', 'warning')
           AND s.last_checked_at < now() - make_interval(secs => {STALE_INTERVALS} * m.check_interval
                                                                 + 2 * m.timeout_seconds + 60)
         LIMIT $1
    """
    return _keys(await db.fetch(_LOCKED.format(keys=keys, departing=DEPARTING), limit))


# Of windows that are open, and of monitors in maintenance, only what the windows concern is read.
_OUTDATED = """
        WITH open AS MATERIALIZED (
            SELECT organization_id, customer_id, smtp_monitor_id FROM maintenance_windows w WHERE is_open(w, now())
        ), of_organizations AS (
            SELECT organization_id FROM open WHERE customer_id IS NULL AND smtp_monitor_id IS NULL
        ), of_customers AS (
            SELECT organization_id, customer_id FROM open WHERE customer_id IS NOT NULL AND smtp_monitor_id IS NULL
        ), of_monitors AS (
            SELECT organization_id, smtp_monitor_id FROM open WHERE smtp_monitor_id IS NOT NULL
        )
        (SELECT s.organization_id, s.smtp_monitor_id
           FROM of_organizations o
          CROSS JOIN LATERAL (
                SELECT *
                  FROM smtp_monitor_states s
                 WHERE s.organization_id = o.organization_id
                   AND s.state IN ('up', 'warning', 'down', 'unknown')
                 LIMIT $1
               ) AS s
          LIMIT $1)
         UNION
        (SELECT s.organization_id, s.smtp_monitor_id
           FROM of_customers o
           JOIN smtp_monitors m USING (organization_id, customer_id)
           JOIN smtp_monitor_states s ON s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id
          WHERE s.state <> 'maintenance'
          LIMIT $1)
         UNION
        (SELECT s.organization_id, s.smtp_monitor_id
           FROM of_monitors o
           JOIN smtp_monitor_states s USING (organization_id, smtp_monitor_id)
          WHERE s.state <> 'maintenance'
          LIMIT $1)
         UNION
        (SELECT s.organization_id, s.smtp_monitor_id
           FROM smtp_monitor_states s
           JOIN smtp_monitors m ON m.organization_id = s.organization_id AND m.id = s.smtp_monitor_id
          WHERE s.state = 'maintenance'
            AND NOT EXISTS (SELECT FROM of_organizations o WHERE o.organization_id = s.organization_id)
            AND NOT EXISTS (SELECT
                              FROM of_customers o
                             WHERE o.organization_id = s.organization_id
                               AND o.customer_id = m.customer_id)
            AND NOT EXISTS (SELECT
                              FROM of_monitors o
                             WHERE o.organization_id = s.organization_id
                               AND o.smtp_monitor_id = s.smtp_monitor_id)
          LIMIT $1)
         UNION
        (SELECT s.organization_id, s.smtp_monitor_id
           FROM smtp_monitor_states s
          WHERE s.state = 'down'
            AND NOT EXISTS (SELECT
                              FROM incidents i
                             WHERE i.organization_id = s.organization_id
                               AND i.smtp_monitor_id = s.smtp_monitor_id
                               AND i.closed_at IS NULL)
          LIMIT $1)
"""
# in the order in which results are recorded; whom somebody else writes now needs no other hand
_LOCKED = """
        SELECT organization_id, smtp_monitor_id
          FROM smtp_monitor_states
         WHERE (organization_id, smtp_monitor_id) IN ({keys})
           AND organization_id NOT IN {departing}
         ORDER BY organization_id, smtp_monitor_id
           FOR UPDATE SKIP LOCKED
"""


def _keys(rows: Sequence[asyncpg.Record]) -> list[Key]:
    return [Key(row["organization_id"], row["smtp_monitor_id"]) for row in rows]
