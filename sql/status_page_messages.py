"""What people write on status pages."""

from collections.abc import Mapping

import asyncpg

from sql.connection import Executor
from sql.fragments import set_values

UPDATABLE = ("kind", "title", "body", "starts_at", "ends_at")
COLUMNS = f"id, status_page_id, {', '.join(UPDATABLE)}, updates, created_at, updated_at"
ONE = "organization_id = $1 AND status_page_id = $2 AND id = $3"


async def select_page(
    db: Executor, organization_id: int, status_page_id: int, *, limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    """How many there are on a status page, and a part of them, the latest first."""
    condition = "organization_id = $1 AND status_page_id = $2"
    values = (organization_id, status_page_id)
    total = await db.fetchval(f"SELECT count(*) FROM status_page_messages WHERE {condition}", *values)
    query = f"""
        SELECT {COLUMNS}
          FROM status_page_messages
         WHERE {condition}
         ORDER BY starts_at DESC, id DESC
         LIMIT $3 OFFSET $4
    """
    return total, await db.fetch(query, *values, limit, offset)


async def select_one(
    db: Executor, organization_id: int, status_page_id: int, message_id: int, *, locked: bool = False
) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} FROM status_page_messages WHERE {ONE} {'FOR UPDATE' if locked else ''}"
    return await db.fetchrow(query, organization_id, status_page_id, message_id)


async def insert(
    db: Executor, organization_id: int, status_page_id: int, values: Mapping[str, object]
) -> asyncpg.Record:
    if stray := values.keys() - set(UPDATABLE):
        raise ValueError(f"not insertable: {sorted(stray)}")
    columns = [column for column in UPDATABLE if column in values]
    query = f"""
        INSERT INTO status_page_messages (organization_id, status_page_id, {", ".join(columns)})
        VALUES ($1, $2, {", ".join(f"${n}" for n in range(3, 3 + len(columns)))})
        RETURNING {COLUMNS}
    """
    [row] = await db.fetch(query, organization_id, status_page_id, *[values[column] for column in columns])
    return row


async def update(
    db: Executor, organization_id: int, status_page_id: int, message_id: int, changes: Mapping[str, object]
) -> asyncpg.Record | None:
    """Write the changed columns alone."""
    if not changes:
        return await select_one(db, organization_id, status_page_id, message_id)
    assignments, values = set_values(UPDATABLE, changes, first=4)
    query = f"""
        UPDATE status_page_messages
           SET {assignments}, updated_at = now()
         WHERE {ONE}
        RETURNING {COLUMNS}
    """
    return await db.fetchrow(query, organization_id, status_page_id, message_id, *values)


async def add_update(
    db: Executor, organization_id: int, status_page_id: int, message_id: int, body: str
) -> asyncpg.Record | None:
    query = f"""
        UPDATE status_page_messages
           SET updates = updates || jsonb_build_object('at', now(), 'body', $4::text), updated_at = now()
         WHERE {ONE}
        RETURNING {COLUMNS}
    """
    return await db.fetchrow(query, organization_id, status_page_id, message_id, body)


async def delete(db: Executor, organization_id: int, status_page_id: int, message_id: int) -> None:
    await db.execute(f"DELETE FROM status_page_messages WHERE {ONE}", organization_id, status_page_id, message_id)
