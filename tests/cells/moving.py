"""An organization that lives in cell 1 and has once lived in cell 0, as a move leaves it."""

import asyncpg

import sql

TABLES = ("organizations", "customers", "logins", "users", "smtp_monitors")


async def copy(db: asyncpg.Connection, there: asyncpg.Connection, organization_id: int) -> None:
    """All that it has, with the same ids."""
    for table in TABLES:
        key = "id" if table == "organizations" else "organization_id"
        rows = await db.fetch(f"SELECT * FROM {table} WHERE {key} = $1", organization_id)
        await there.copy_records_to_table(table, records=[tuple(row) for row in rows], columns=list(rows[0].keys()))


async def leave(db: asyncpg.Connection, organization_id: int) -> None:
    """From now on its rows in cell 0 are nobody's."""
    await db.execute("INSERT INTO departures VALUES ($1, true)", organization_id)
    query = "INSERT INTO departed_smtp_monitors SELECT public_id, $1 FROM smtp_monitors WHERE organization_id = $1"
    await db.execute(query, organization_id)
    query = "SELECT email FROM users WHERE organization_id = $1"
    for row in await db.fetch(query, organization_id):
        await sql.cells.insert_remote_login(db, row["email"], organization_id)


async def arrive(db: asyncpg.Connection, organization_id: int) -> None:
    """From now on the directory says that it lives in cell 1."""
    await db.execute("INSERT INTO organization_homes VALUES ($1, 1)", organization_id)


async def move(db: asyncpg.Connection, there: asyncpg.Connection, organization_id: int) -> None:
    await copy(db, there, organization_id)
    await leave(db, organization_id)
    await arrive(db, organization_id)
