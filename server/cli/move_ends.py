"""The three databases of a move, and whether it can begin."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import asyncpg
from psycopg import conninfo

import sql
from server.access.cell_numbers import home_number
from server.access.key_ring import KeyRing
from server.cli import database_errors, schema
from server.cli.directory import decrypted
from server.cli.environment import ConfigError

COPYING, ARRIVING, LEAVING, ABORTING = "copying", "arriving", "leaving", "aborting"
OTHER_SECONDS = 10.0  # in which what a killed command has begun comes to its end
SLOT_SECONDS = 60.0  # until nobody reads a slot


@dataclass(frozen=True, slots=True)
class Ends:
    """An organization on its way. *name* is that of its publication, slot and subscription."""

    organization_id: int
    directory: asyncpg.Connection
    source_id: int
    source: asyncpg.Connection
    source_url: str
    target_id: int
    target: asyncpg.Connection
    name: str


@contextlib.asynccontextmanager
async def directory(url: str, organization_id: int) -> AsyncIterator[asyncpg.Connection]:
    """Cell 0, for one command that moves the organization."""
    async with _connected(url, 0) as connection:
        deadline = time.monotonic() + OTHER_SECONDS
        while not await sql.organization_moves.try_lock(connection, organization_id):
            if time.monotonic() > deadline:
                raise ConfigError(f"another command moves organization {organization_id} at this moment")
            await asyncio.sleep(0.1)
        yield connection


async def home(connection: asyncpg.Connection, organization_id: int) -> int:
    homes = await sql.cells.select_homes(connection)
    return home_number(homes, organization_id)


@contextlib.asynccontextmanager
async def opened(
    connection: asyncpg.Connection, url: str, ring: KeyRing, organization_id: int, source: int, target: int
) -> AsyncIterator[Ends]:
    urls = {0: url} | decrypted(await sql.cells.select_all(connection), lambda: ring)
    for number in (source, target):
        if number not in urls:
            raise ConfigError(f"there is no cell {number}")
    async with (
        _connected(urls[source], source) as left,
        _connected(urls[target], target) as entered,
    ):
        for db in (left, entered):
            await _wait_for_others(db, organization_id)
        name = await sql.organization_copies.select_name(left, organization_id)
        yield Ends(organization_id, connection, source, left, _for_libpq(urls[source]), target, entered, name)


async def judge(ends: Ends) -> None:
    """ConfigError, with what to do, if the move cannot begin."""
    number, organization_id = ends.source_id, ends.organization_id
    if not await sql.organizations.select_exists(ends.source, organization_id):
        raise ConfigError(f"no organization has the number {organization_id}")
    if organization_id in await sql.organization_removals.select_marked(ends.source):
        raise ConfigError(f"organization {organization_id} is being deleted")
    if (level := await sql.servers.wal_level(ends.source)) != "logical":
        raise ConfigError(f"wal_level is {level} in cell {number}: set it to logical there, and restart that database")
    places = [{(row["id"], row["code"]) for row in await sql.locations.select_all(db)} for db in _both(ends)]
    if missing := sorted(code for _, code in places[0] - places[1]):
        raise ConfigError(f"cell {ends.target_id} lacks the locations {', '.join(missing)}; its agents copy them")
    if table := await sql.organization_copies.find_rows(ends.target, organization_id):
        raise ConfigError(f"cell {ends.target_id} has rows of organization {organization_id} already, in {table}")


async def end_copy(ends: Ends) -> None:
    """The target follows no more, and the source keeps nothing for it."""
    name, copies = ends.name, sql.organization_copies
    await copies.disable(ends.target, name)
    subscription = await copies.select_subscription(ends.target, name)
    deadline = time.monotonic() + SLOT_SECONDS
    while not await copies.drop_slots(ends.source, name, subscription):
        if time.monotonic() > deadline:
            raise ConfigError(f"cell {ends.source_id} still sends to cell {ends.target_id}; run the same again")
        await asyncio.sleep(0.05)
    await copies.drop_subscription(ends.target, name)
    await copies.drop_publication(ends.source, name)


@contextlib.contextmanager
def worded(number: int, other: int) -> Iterator[None]:
    """What the database of a cell refuses, in one line."""
    try:
        yield
    except asyncpg.ConnectionFailureError as error:
        raise ConfigError(f"cell {number} cannot reach cell {other}: {' '.join(str(error).split())}") from error
    except (asyncpg.InsufficientPrivilegeError, asyncpg.ConfigurationLimitExceededError) as error:
        raise ConfigError(f"cell {number}: {' '.join(str(error).split())}") from error


def _both(ends: Ends) -> tuple[asyncpg.Connection, asyncpg.Connection]:
    return ends.source, ends.target


@contextlib.asynccontextmanager
async def _connected(url: str, number: int) -> AsyncIterator[asyncpg.Connection]:
    try:
        with database_errors.worded():
            stack = contextlib.AsyncExitStack()
            connection = await stack.enter_async_context(schema.opened(url, f"cell {number}"))
            await schema.refuse_other(connection)
    except ConfigError as error:
        raise ConfigError(f"cell {number}: {error}") from error
    async with stack:
        yield connection


async def _wait_for_others(db: asyncpg.Connection, organization_id: int) -> None:
    """A command that was killed may have left a statement that still runs."""
    deadline = time.monotonic() + OTHER_SECONDS
    application = f"smtp-monitors move of {organization_id}"
    while await sql.organization_moves.count_others(db, application):
        if time.monotonic() > deadline:
            raise ConfigError(f"another command still works on organization {organization_id}; try again")
        await asyncio.sleep(0.1)
    await sql.organization_moves.set_application(db, application)


def _for_libpq(url: str) -> str:
    several = "," in str(conninfo.conninfo_to_dict(url).get("host") or "")
    return str(conninfo.make_conninfo(url, **({"target_session_attrs": "read-write"} if several else {})))
