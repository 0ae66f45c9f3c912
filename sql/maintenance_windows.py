"""When monitors are silent. A caller with some customers sees the whole organization's windows, and changes theirs."""

from collections.abc import Mapping

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import set_values, within_customers, within_reach

UPDATABLE = ("name", "starts_at", "ends_at", "repeat", "repeat_until", "time_zone")
COLUMNS = """
        w.organization_id, w.id, w.customer_id, w.smtp_monitor_id, w.name, w.starts_at, w.ends_at, w.repeat,
        w.repeat_until, w.time_zone, w.created_at, w.updated_at, is_open(w, now()) AS open_now,
        (SELECT public_id
           FROM smtp_monitors m
          WHERE m.organization_id = w.organization_id AND m.id = w.smtp_monitor_id) AS smtp_monitor_public_id
"""
OWN = f"""
               {within_reach("w.organization_id")}
           AND ({within_customers("w.customer_id", "$2::bigint[]")}
                OR EXISTS (SELECT
                             FROM smtp_monitors m
                            WHERE m.organization_id = w.organization_id
                              AND m.id = w.smtp_monitor_id
                              AND m.customer_id = ANY($2)))
"""
SEEN = f"""
               {within_reach("w.organization_id")}
           AND (({OWN}) OR (w.customer_id IS NULL AND w.smtp_monitor_id IS NULL))
"""


def order(window: asyncpg.Record) -> tuple[float, int, int]:
    """Of select_page, for rows of several databases."""
    return -window["starts_at"].timestamp(), window["organization_id"], window["id"]


async def select_page(
    db: Executor, reach: Reach, *, organization_id: int | None = None, limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    """How many match, and those on one page, the latest first."""
    condition = f"{SEEN} AND ($3::bigint IS NULL OR w.organization_id = $3)"
    values = (reach.organization_id, reach.customer_ids, organization_id)
    total = await db.fetchval(f"SELECT count(*) FROM maintenance_windows w WHERE {condition}", *values)
    query = f"""
        SELECT {COLUMNS}
          FROM maintenance_windows w
         WHERE {condition}
         ORDER BY w.starts_at DESC, w.organization_id, w.id
         LIMIT $4 OFFSET $5
    """
    return total, await db.fetch(query, *values, limit, offset)


async def select_one(db: Executor, reach: Reach, window_id: int) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} FROM maintenance_windows w WHERE {SEEN} AND w.id = $3"
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, window_id)


async def select_locked(connection: Executor, reach: Reach, window_id: int) -> asyncpg.Record | None:
    """The window; None if it is not the caller's to change."""
    query = f"SELECT {COLUMNS} FROM maintenance_windows w WHERE {OWN} AND w.id = $3 FOR UPDATE OF w"
    return await connection.fetchrow(query, reach.organization_id, reach.customer_ids, window_id)


async def select_of_monitor(
    db: Executor, organization_id: int, smtp_monitor_id: int, *, limit: int
) -> list[asyncpg.Record]:
    """Windows that silence the monitor now, then windows that will, those that began first before the others."""
    query = f"""
        SELECT {COLUMNS}
          FROM maintenance_windows w
          JOIN smtp_monitors o ON o.organization_id = w.organization_id AND o.id = $2
         WHERE w.organization_id = $1
           AND (w.smtp_monitor_id = o.id OR w.smtp_monitor_id IS NULL)
           AND (w.customer_id = o.customer_id OR w.customer_id IS NULL)
           AND CASE WHEN w.repeat IS NULL THEN w.ends_at ELSE coalesce(w.repeat_until, 'infinity') END > now()
         ORDER BY open_now DESC, w.starts_at, w.id
         LIMIT $3
    """
    return await db.fetch(query, organization_id, smtp_monitor_id, limit)


async def insert(
    db: Executor,
    organization_id: int,
    customer_id: int | None,
    monitor_id: int | None,
    values: Mapping[str, object],
) -> asyncpg.Record:
    if stray := values.keys() - set(UPDATABLE):
        raise ValueError(f"not insertable: {sorted(stray)}")
    columns = [column for column in UPDATABLE if column in values]
    query = f"""
        INSERT INTO maintenance_windows AS w (organization_id, customer_id, smtp_monitor_id, {", ".join(columns)})
        VALUES ($1, $2, $3, {", ".join(f"${n}" for n in range(4, 4 + len(columns)))})
        RETURNING {COLUMNS}
    """
    [row] = await db.fetch(query, organization_id, customer_id, monitor_id, *[values[column] for column in columns])
    return row


async def update(db: Executor, reach: Reach, window_id: int, changes: Mapping[str, object]) -> asyncpg.Record | None:
    """Write the changed columns alone; None if it is not the caller's to change."""
    if not changes:
        query = f"SELECT {COLUMNS} FROM maintenance_windows w WHERE {OWN} AND w.id = $3"
        return await db.fetchrow(query, reach.organization_id, reach.customer_ids, window_id)
    assignments, values = set_values(UPDATABLE, changes, first=4)
    query = f"""
        UPDATE maintenance_windows w
           SET {assignments}, updated_at = now()
         WHERE {OWN}
           AND w.id = $3
        RETURNING {COLUMNS}
    """
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, window_id, *values)


async def delete(db: Executor, reach: Reach, window_id: int) -> bool:
    """Whether there was one to remove."""
    query = f"DELETE FROM maintenance_windows w WHERE {OWN} AND w.id = $3 RETURNING w.id"
    return await db.fetchval(query, reach.organization_id, reach.customer_ids, window_id) is not None
