"""Cells and who lives in them: the directory in cell 0, and what each cell knows of itself."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from sql.connection import Connection, Executor


async def select_all(directory: Executor) -> list[asyncpg.Record]:
    """The cells but 0, each with its encrypted url and whether new organizations may be made there."""
    return await directory.fetch("SELECT id, url, open, created_at FROM cells ORDER BY id")


async def select_homes(directory: Executor) -> dict[int, int]:
    """The cells of the organizations that were moved."""
    rows = await directory.fetch("SELECT organization_id, cell_id FROM organization_homes")
    return {row["organization_id"]: row["cell_id"] for row in rows}


async def select_any(directory: Executor) -> bool:
    """Whether there is a cell but 0; none in a schema that knows no cells."""
    try:
        return bool(await directory.fetchval("SELECT EXISTS (SELECT FROM cells)"))
    except asyncpg.UndefinedTableError:
        return False


async def select_next_number(directory: Executor) -> int:
    """One that the directory has never named: ids of a cell that is gone still say its number."""
    query = """
        SELECT 1 + coalesce(max(number), 0)
          FROM (SELECT id FROM cells
                UNION ALL SELECT cell_id FROM organization_homes
                UNION ALL SELECT organization_id >> 44 FROM organization_homes
                UNION ALL SELECT organization_id >> 44 FROM remote_logins) AS named(number)
    """
    number: int = await directory.fetchval(query)
    return number


async def insert(directory: Executor, cell_id: int, url: bytes, *, open_to_new: bool = True) -> None:
    """UniqueViolationError if there is one with that number."""
    await directory.execute("INSERT INTO cells (id, url, open) VALUES ($1, $2, $3)", cell_id, url, open_to_new)


async def delete(directory: Executor, cell_id: int) -> bool:
    """Whether there was such a cell."""
    return await directory.execute("DELETE FROM cells WHERE id = $1", cell_id) == "DELETE 1"


async def select_urls(directory: Executor, *, not_under: bytes) -> list[asyncpg.Record]:
    """Every url whose key id is not *not_under*."""
    return await directory.fetch("SELECT id, url FROM cells WHERE substr(url, 1, 4) <> $1", not_under)


async def replace_url(directory: Executor, cell_id: int, old: bytes, new: bytes) -> bool:
    """Swap one ciphertext for another, unless the cell has a new one since."""
    query = "UPDATE cells SET url = $3 WHERE id = $1 AND url = $2"
    return await directory.execute(query, cell_id, old, new) == "UPDATE 1"


async def set_url(directory: Executor, cell_id: int, url: bytes) -> bool:
    """Whether there is such a cell."""
    return await directory.execute("UPDATE cells SET url = $2 WHERE id = $1", cell_id, url) == "UPDATE 1"


async def set_open(directory: Executor, cell_id: int, *, open_to_new: bool) -> bool:
    """Whether there is such a cell."""
    return await directory.execute("UPDATE cells SET open = $2 WHERE id = $1", cell_id, open_to_new) == "UPDATE 1"


async def select_moving(directory: Executor) -> set[int]:
    """The organizations whose moves are under way."""
    return {row["organization_id"] for row in await directory.fetch("SELECT organization_id FROM organization_moves")}


async def select_number(db: Executor) -> int:
    """Which cell this database is."""
    number: int = await db.fetchval("SELECT id FROM this_cell")
    return number


async def make_number(db: Executor, number: int) -> None:
    """Make a database without organizations that cell; RaiseError if it has some."""
    await db.execute("SELECT number_cell($1)", number)


async def lock(connection: Connection, key: int) -> None:
    """Wait for the lock of that key, which this database has until the connection ends."""
    await connection.execute("SELECT pg_advisory_lock($1)", key)


async def try_lock(connection: Connection, key: int) -> bool:
    """False if another connection to the very same database has it."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", key))


async def select_departed(db: Executor, organization_id: int) -> bool:
    """Whether the organization has left this cell for another one."""
    query = "SELECT EXISTS (SELECT FROM departures WHERE organization_id = $1 AND departed)"
    return bool(await db.fetchval(query, organization_id))


async def select_departed_organizations(db: Executor) -> list[int]:
    """Those whose rows in this cell are nobody's."""
    rows = await db.fetch("SELECT organization_id FROM departures WHERE departed")
    return [row["organization_id"] for row in rows]


async def select_departed_monitor(db: Executor, public_id: UUID) -> int | None:
    """The organization of a monitor that was made in this cell and has left it."""
    query = "SELECT organization_id FROM departed_smtp_monitors WHERE public_id = $1"
    organization_id: int | None = await db.fetchval(query, public_id)
    return organization_id


async def select_departed_monitors(db: Executor, public_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The organizations of those of the monitors that have left this cell."""
    query = "SELECT public_id, organization_id FROM departed_smtp_monitors WHERE public_id = ANY($1)"
    return {row["public_id"]: row["organization_id"] for row in await db.fetch(query, public_ids)}


async def select_remote_logins(directory: Executor, email: str) -> list[int]:
    """The organizations outside cell 0 that have a user with that address."""
    query = "SELECT organization_id FROM remote_logins WHERE email = lower($1) ORDER BY organization_id"
    return [row["organization_id"] for row in await directory.fetch(query, email)]


async def select_newest_open(directory: Executor) -> int | None:
    """The cell where new organizations are made; None for cell 0."""
    query = "SELECT id FROM cells WHERE open ORDER BY created_at DESC, id DESC LIMIT 1"
    number: int | None = await directory.fetchval(query)
    return number


async def insert_remote_login(directory: Executor, email: str, organization_id: int) -> None:
    query = "INSERT INTO remote_logins (email, organization_id) VALUES (lower($1), $2) ON CONFLICT DO NOTHING"
    await directory.execute(query, email, organization_id)


async def delete_remote_login(directory: Executor, email: str, organization_id: int) -> None:
    query = "DELETE FROM remote_logins WHERE email = lower($1) AND organization_id = $2"
    await directory.execute(query, email, organization_id)


async def delete_remote_logins(directory: Executor, organization_id: int) -> None:
    """Forget every address of an organization."""
    await directory.execute("DELETE FROM remote_logins WHERE organization_id = $1", organization_id)
