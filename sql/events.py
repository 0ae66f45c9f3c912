"""What happens to monitors, in the order of transactions.

A row is final when every transaction with a smaller number has ended: from then on none can come before it. Whoever
follows the events remembers up to which number they are final, and reads those above again and again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import asyncpg

from sql.connection import Executor
from sql.fragments import DEPARTED, microseconds
from sql.rows import arrays
from sql.smtp_monitor_states import COLUMNS as STATE
from sql.smtp_monitor_states import JOINS

KEPT_HOURS = 24
STEP = 10_000  # found by blocks: every step looks at those again whose rows have just gone
HORIZON = "pg_snapshot_xmin(pg_current_snapshot())"


@dataclass(frozen=True, slots=True)
class Read:
    """Some events, and the number of the oldest transaction that was under way. *seconds* is the database's time."""

    horizon: int
    seconds: int
    rows: Sequence[asyncpg.Record]


@dataclass(frozen=True, slots=True)
class Named:
    """A monitor, an incident, or a version of a monitor that a change has made."""

    organization_id: int
    id: int
    version: int = 0


async def select(db: Executor, organizations: Collection[int], since: int, *, final: bool = False, limit: int) -> Read:
    """The events from that transaction on, at most so many of each organization. *final* ones only, if asked for."""
    query = f"""
        SELECT {HORIZON}::text::bigint AS horizon, date_part('epoch', now())::bigint AS seconds, e.*
          FROM (SELECT) AS one
          LEFT JOIN (SELECT e.organization_id, e.xid::text::bigint AS xid, e.id, e.kind, e.smtp_monitor_ids,
                            e.versions, e.incident_id, e.public_id, e.customer_id
                       FROM unnest($1::bigint[]) AS o (organization_id)
                      CROSS JOIN LATERAL (SELECT *
                                            FROM events e
                                           WHERE e.organization_id = o.organization_id
                                             AND e.xid >= $2::text::xid8
                                             AND e.xid < CASE WHEN $3 THEN {HORIZON}
                                                              ELSE pg_snapshot_xmax(pg_current_snapshot()) END
                                           ORDER BY e.organization_id, e.xid, e.id
                                           LIMIT $4) AS e
                    ) AS e ON true
         ORDER BY e.xid, e.id
    """
    rows = await db.fetch(query, list(organizations), str(since), final, limit)
    return Read(rows[0]["horizon"], rows[0]["seconds"], [row for row in rows if row["kind"] is not None])


async def select_organizations(db: Executor) -> list[int]:
    """All that live here."""
    rows = await db.fetch(f"SELECT id FROM organizations WHERE id NOT IN {DEPARTED}")
    return [row["id"] for row in rows]


async def select_monitors(db: Executor, monitors: Collection[Named]) -> list[asyncpg.Record]:
    """Those that are there, each with its state as it is now."""
    query = f"""
        SELECT m.organization_id, m.id, m.public_id, m.customer_id, m.name, {STATE}
          FROM unnest($1::bigint[], $2::bigint[]) AS k (organization_id, id)
          JOIN smtp_monitors m ON m.organization_id = k.organization_id AND m.id = k.id
          {JOINS}
    """
    return await db.fetch(query, *arrays(Named, monitors)[:2])


async def select_incidents(db: Executor, incidents: Collection[Named]) -> list[asyncpg.Record]:
    """As they are now."""
    query = """
        SELECT i.organization_id, i.id, i.opened_at, i.closed_at, i.close_reason, i.phase, i.code, i.detail,
               i.location_codes, i.acknowledged_at, i.acknowledged_by, i.acknowledge_reason
          FROM unnest($1::bigint[], $2::bigint[]) AS k (organization_id, id)
          JOIN incidents i ON i.organization_id = k.organization_id AND i.id = k.id
    """
    return await db.fetch(query, *arrays(Named, incidents)[:2])


async def select_changes(db: Executor, changes: Collection[Named]) -> list[asyncpg.Record]:
    """Who has changed which columns. What they were and are is not among it."""
    query = f"""
        SELECT h.organization_id, h.smtp_monitor_id AS id, h.version, {microseconds("h.changed_at")} AS changed_at,
               h.actor, h.before IS NULL AS made, h.after IS NULL AS gone,
               ARRAY(SELECT json_object_keys(coalesce(h.after, h.before))) AS columns
          FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k (organization_id, id, version)
          JOIN smtp_monitor_changes h
            ON h.organization_id = k.organization_id
           AND h.smtp_monitor_id = k.id
           AND h.version = k.version
    """
    return await db.fetch(query, *arrays(Named, changes))


async def purge(db: Executor) -> bool:
    """Remove some that are kept no longer; whether there may be others. Locked rows are left."""
    query = f"""
        DELETE FROM events
         WHERE ctid = ANY(ARRAY(SELECT ctid
                                  FROM events
                                 WHERE happened_at < now() - make_interval(hours => $1)
                                   AND organization_id NOT IN {DEPARTED}
                                 LIMIT $2
                                   FOR UPDATE SKIP LOCKED))
    """
    return await db.execute(query, KEPT_HOURS, STEP) == f"DELETE {STEP}"
