"""Changes of monitors. A change has the number of the version that it made."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import within_reach

COLUMNS = "h.version, h.changed_at, h.actor, h.address, h.before, h.after, h.before_password"
OF_MONITOR = f"""
          FROM smtp_monitors m
          {{join}} JOIN smtp_monitor_changes h ON h.organization_id = m.organization_id AND h.smtp_monitor_id = m.id
         WHERE {within_reach("m.organization_id", "m.customer_id")}
           AND m.public_id = $3
"""


async def select_page(
    db: Executor, reach: Reach, public_id: UUID, *, limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]] | None:
    """How many changes a monitor has, and those on one page, latest first; None if it is not in reach."""
    whose = (reach.organization_id, reach.customer_ids, public_id)
    query = f"SELECT count(h.version) {OF_MONITOR.format(join='LEFT')} GROUP BY m.organization_id, m.id"
    total: int | None = await db.fetchval(query, *whose)
    if total is None:
        return None
    query = f"SELECT {COLUMNS} {OF_MONITOR.format(join='')} ORDER BY h.version DESC LIMIT $4 OFFSET $5"
    return total, await db.fetch(query, *whose, limit, offset)


async def select_page_of_deleted(
    db: Executor, reach: Reach, public_id: UUID, *, limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]] | None:
    """As select_page, of a monitor that is deleted, for a reach of whole organizations."""
    query = f"""
        SELECT organization_id, (before ->> 'id')::bigint AS id
          FROM audit_events
         WHERE {within_reach("organization_id")}
           AND resource = 'smtp_monitor'
           AND action = 'deleted'
           AND resource_id = $2
    """
    monitor = await db.fetchrow(query, reach.organization_id, str(public_id))
    if monitor is None:
        return None
    of_monitor = "FROM smtp_monitor_changes h WHERE organization_id = $1 AND smtp_monitor_id = $2"
    total = await db.fetchval(f"SELECT count(*) {of_monitor}", *monitor)
    query = f"SELECT {COLUMNS} {of_monitor} ORDER BY version DESC LIMIT $3 OFFSET $4"
    return total, await db.fetch(query, *monitor, limit, offset)


async def select_one(db: Executor, reach: Reach, public_id: UUID, version: int) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} {OF_MONITOR.format(join='')} AND h.version = $4"
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, public_id, version)


async def select_passwords(db: Executor, *, not_under: bytes, batch: int) -> AsyncIterator[asyncpg.Record]:
    """Changes with a password that was not encrypted with the key *not_under*; its monitor may be deleted."""
    query = """
        SELECT organization_id, smtp_monitor_id, version, public_id, before_password, after_password
          FROM smtp_monitor_changes
         WHERE (organization_id, smtp_monitor_id, version) > ($1, $2, $3)
           AND (substr(before_password, 1, 4) <> $4 OR substr(after_password, 1, 4) <> $4)
         ORDER BY organization_id, smtp_monitor_id, version
         LIMIT $5
    """
    last = (0, 0, 0)
    while rows := await db.fetch(query, *last, not_under, batch):
        for row in rows:
            yield row
        last = (rows[-1]["organization_id"], rows[-1]["smtp_monitor_id"], rows[-1]["version"])


async def replace_passwords(db: Executor, change: asyncpg.Record, before: bytes | None, after: bytes | None) -> None:
    """Swap the ciphertexts of a change, which nothing else ever alters."""
    query = """
        UPDATE smtp_monitor_changes
           SET before_password = $4, after_password = $5
         WHERE organization_id = $1
           AND smtp_monitor_id = $2
           AND version = $3
    """
    whose = (change["organization_id"], change["smtp_monitor_id"], change["version"])
    await db.execute(query, *whose, before, after)
