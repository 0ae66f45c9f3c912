"""The addresses of users outside cell 0, which the directory has to know, so that a log-in finds them.

An address is there before its user is made, and goes after its user is gone: one without a user gives no access. While
the directory is away, nobody is made or removed: 503. Whoever has made or removed somebody looks at last who is there:
a user may be made anew while the one before is being removed (``tests/cells/test_remote_users.py``).
"""

import contextlib
from collections.abc import AsyncIterator

import asyncpg

import sql
from server.access.cells import Cell, Cells
from server.http.errors import ApiError, unavailable
from sql.connection import UNAVAILABLE
from sql.outages import outage


@contextlib.asynccontextmanager
async def making(directory: asyncpg.Pool, cell: Cell, email: str, organization_id: int) -> AsyncIterator[None]:
    """Make a user of that cell within this."""
    if cell.number == 0:
        yield
        return
    await sql.cells.insert_remote_login(directory, email, organization_id)
    try:
        yield
    finally:
        await settle(directory, cell, email, organization_id)


async def require_directory(directory: asyncpg.Pool, cell: Cell) -> None:
    """ApiError 503 if it cannot be told now that a user of that cell is removed."""
    if cell.number and not await sql.servers.is_writable(directory):
        raise unavailable("database_read_only")


async def settle(directory: asyncpg.Pool, cell: Cell, email: str, organization_id: int) -> None:
    """Know the address if somebody has it now. What is not settled leads to nobody, and goes with the organization."""
    if cell.number == 0:
        return
    try:
        if not await sql.users.select_with_address(cell.pool, email, organization_id):
            await sql.cells.delete_remote_login(directory, email, organization_id)
        if await sql.users.select_with_address(cell.pool, email, organization_id):
            await sql.cells.insert_remote_login(directory, email, organization_id)
    except UNAVAILABLE as error:
        outage.passed("settling an address", error)


async def meant_by(cells: Cells, email: str, organization_id: int | None) -> list[tuple[Cell, int | None]]:
    """Where users with that address live, of that organization or of all; cell 0 if there are none."""
    if organization_id is not None:
        known = await cells.knows(cells.number_of(organization_id))
        return [(await cells.of_organization(organization_id) if known else cells.home, organization_id)]
    elsewhere = [] if cells.alone else await sql.cells.select_remote_logins(cells.home.pool, email)
    found: list[tuple[Cell, int | None]] = [(await cells.of_organization(one), one) for one in elsewhere]
    if not found or await sql.users.select_with_address(cells.home.pool, email):
        found.insert(0, (cells.home, None))
    return found


async def select_logins(cells: Cells, email: str, organization_id: int | None) -> list[asyncpg.Record]:
    """The active users with that address, of that organization or of all, each with its password_hash."""
    users: list[asyncpg.Record] = []
    for cell, meant in await meant_by(cells, email, organization_id):
        found = await sql.users.select_logins(cell.pool, email, meant)
        # the others have left, or are about to come
        users += [user for user in found if cells.number_of(user["organization_id"]) == cell.number]
    return users


async def select_hash(cells: Cells, email: str, cell: Cell) -> str | None:
    """The password's hash of an account with that address, of *cell* if it has one; None too if others are away."""
    password_hash = await sql.users.select_hash(cell.pool, email)
    if password_hash is not None or cells.alone:
        return password_hash
    with contextlib.suppress(ApiError, *UNAVAILABLE):
        for other, _ in await meant_by(cells, email, None):
            password_hash = password_hash or await sql.users.select_hash(other.pool, email)
    return password_hash
