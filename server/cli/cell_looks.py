"""A look at every cell at once: where it is, how it is, and how much lives there.

Each has one time-out for all of it, and none waits for another: however many are away, a look takes as long as one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from psycopg import conninfo

import sql
from server.access.key_ring import KeyRing
from server.cli import database_errors, directory, schema
from server.cli.database import connected
from server.cli.environment import ConfigError

PATIENCE = schema.CONNECT_TIMEOUT + 5  # seconds


@dataclass(frozen=True, slots=True)
class Look:
    """*organizations* and *monitors* are None of a cell that is away."""

    number: int
    place: str
    open: bool
    state: str
    organizations: int | None = None
    monitors: int | None = None


async def all_of(url: str, ring: Callable[[], KeyRing]) -> list[Look]:
    """Cell 0 counts as open while no other one is."""
    async with connected(url) as home:
        cells = await sql.cells.select_all(home)
        homes = await sql.cells.select_homes(home)
    urls = {0: url} | (directory.decrypted(cells, ring) if cells else {})
    is_open = {0: not any(row["open"] for row in cells)} | {row["id"]: row["open"] for row in cells}
    looks = [_look(number, urls[number], homes, is_open=is_open[number]) for number in urls]
    return await asyncio.gather(*looks)


@asynccontextmanager
async def patiently(number: int, url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a cell, whatever its schema; ConfigError if it is away, at whatever statement."""
    try:
        with database_errors.worded():
            async with asyncio.timeout(PATIENCE), schema.opened(url, f"cell {number}") as connection:
                yield connection
    except (OSError, asyncpg.PostgresError) as error:
        raise ConfigError(" ".join(str(error).split()) or "no answer in time") from error


async def _look(number: int, url: str, homes: Mapping[int, int], *, is_open: bool) -> Look:
    where = place(url)
    try:
        async with patiently(number, url) as connection:
            state = schema.distance(await sql.applied_migrations.select_applied(connection)) or "ok"
            counts = await sql.cell_checks.select_counts(connection, number, homes)
    except ConfigError as error:
        return Look(number, where, is_open, f"away: {error}")
    return Look(number, where, is_open, state, counts["organizations"], counts["smtp_monitors"])


def place(url: str) -> str:
    """Hosts and database, without the account."""
    parts = {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items()}
    hosts, ports = parts.get("host", "localhost").split(","), parts.get("port", "5432").split(",")
    each = zip(hosts, ports * (len(hosts) if len(ports) == 1 else 1), strict=True)
    return ",".join(f"{host}:{port}" for host, port in each) + "/" + parts.get("dbname", "")
