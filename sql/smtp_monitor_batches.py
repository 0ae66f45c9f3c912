"""One change for many monitors: all of them or none."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from sql import servers
from sql.connection import Connection, Executor, Reach
from sql.fragments import within_reach
from sql.smtp_monitor_patches import Patch, render_many
from sql.smtp_monitor_updates import COLUMNS

WITHIN_REACH = f"""
          FROM smtp_monitors m
         WHERE {within_reach("m.organization_id", "m.customer_id")}
           AND m.public_id = ANY($3)
         ORDER BY m.organization_id, m.public_id
"""


async def select_all(db: Executor, reach: Reach, public_ids: Sequence[UUID]) -> list[asyncpg.Record]:
    query = f"SELECT {COLUMNS} {WITHIN_REACH}"
    return await db.fetch(query, reach.organization_id, reach.customer_ids, public_ids)


async def lock_all(db: Executor, reach: Reach, public_ids: Sequence[UUID]) -> list[tuple[int, UUID]]:
    """The organization and public id of the monitors in reach, locked until the transaction ends.

    They are locked in the order in which batches lock rows.
    """
    query = f"SELECT m.organization_id, m.public_id {WITHIN_REACH} FOR NO KEY UPDATE"
    rows = await db.fetch(query, reach.organization_id, reach.customer_ids, public_ids)
    return [(row["organization_id"], row["public_id"]) for row in rows]


async def update_all(connection: Connection, patches: Sequence[Patch]) -> list[asyncpg.Record]:
    """Write all *patches*, of different rows that are locked, in one statement."""
    statement, [arguments] = render_many([patches], servers.release(connection))
    return await connection.fetch(statement, *arguments)
