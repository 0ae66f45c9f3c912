"""Where agents stand. They belong to no organization: everybody reads them, global administrators change them.

They are made and changed in cell 0 alone, and copied to every other cell.
"""

from collections.abc import Mapping, Sequence

import asyncpg

from sql.connection import Connection, Executor
from sql.fragments import set_values

COLUMNS = "id, code, name, country, active, created_at"
UPDATABLE = ("name", "country", "active")
INSERT_SECONDS = 600  # a new location gets a row for every monitor there is


async def select_all(db: Executor) -> list[asyncpg.Record]:
    return await db.fetch(f"SELECT {COLUMNS} FROM locations ORDER BY id")


async def select_one(db: Executor, code: str | None) -> asyncpg.Record | None:
    """The location of that code; without one, the oldest that is active."""
    query = f"""
        SELECT {COLUMNS}
          FROM locations
         WHERE code = $1
            OR ($1 IS NULL AND active)
         ORDER BY id
         LIMIT 1
    """
    return await db.fetchrow(query, code)


async def select_locked(connection: Executor, code: str) -> asyncpg.Record | None:
    return await connection.fetchrow(f"SELECT {COLUMNS} FROM locations WHERE code = $1 FOR NO KEY UPDATE", code)


async def insert(db: Connection, code: str, *, name: str, country: str, active: bool = True) -> asyncpg.Record:
    """Make a location, and with it the schedule of every monitor there."""
    query = f"""
        INSERT INTO locations (code, name, country, active)
        VALUES ($1, $2, $3, $4)
        RETURNING {COLUMNS}
    """
    [row] = await db.fetch(query, code, name, country, active, timeout=INSERT_SECONDS)
    return row


async def copy(cell: asyncpg.Pool | asyncpg.Connection, rows: Sequence[asyncpg.Record]) -> None:
    """Give another cell these of cell 0, with their ids. Of a new one, every monitor there gets a schedule."""
    query = f"""
        INSERT INTO locations ({COLUMNS})
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (id) DO UPDATE
           SET code = excluded.code, name = excluded.name, country = excluded.country, active = excluded.active,
               created_at = excluded.created_at
    """
    there = {tuple(row) for row in await select_all(cell)}
    for row in rows:
        if tuple(row) not in there:
            await cell.execute(query, *row, timeout=INSERT_SECONDS)


async def update(db: Executor, code: str, changes: Mapping[str, object]) -> asyncpg.Record | None:
    """Write the named columns alone; None if there is no such location."""
    if not changes:
        return await db.fetchrow(f"SELECT {COLUMNS} FROM locations WHERE code = $1", code)
    assignments, values = set_values(UPDATABLE, changes, first=2)
    query = f"UPDATE locations SET {assignments} WHERE code = $1 RETURNING {COLUMNS}"
    return await db.fetchrow(query, code, *values)
