"""Whether a database can be worked with: what kind of server it is, and whether its schema is that of this version."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg

import sql
from server.cli import migration_files, program
from server.cli.environment import ConfigError
from sql import servers
from sql.connection import connect

CONNECT_TIMEOUT = 10.0  # a command can wait for longer than a request


@contextlib.asynccontextmanager
async def opened(url: str, name: str = "DATABASE_URL") -> AsyncIterator[asyncpg.Connection]:
    """A connection, whatever the schema is. ConfigError for a server that cannot be worked with."""
    connection = await connect(url, timeout=CONNECT_TIMEOUT)
    try:
        await _refuse_unusable(connection, name)
        yield connection
    finally:
        await connection.close()


async def refuse_other(connection: asyncpg.Connection) -> None:
    """ConfigError if migrations are missing, or if there are some that this version does not know."""
    missing = await missing_in(connection)
    if missing == migration_files.known():
        raise ConfigError(f"the database has no schema yet; run: {program.name()} migrate")
    if missing:
        raise ConfigError(f"the schema is behind by {', '.join(sorted(missing))}; run: {program.name()} migrate")


async def refuse_distant(connection: asyncpg.Connection) -> None:
    """ConfigError if the schema is further from that of this version than one migration, behind or ahead.

    What an upgrade adds is added before it is used, and what it takes away was not used before.
    """
    applied, known = await sql.applied_migrations.select_applied(connection), migration_files.known()
    if len(applied ^ known) > 1:
        raise ConfigError(f"the schema is {distance(applied)}")


def distance(applied: set[str]) -> str:
    """How the schema differs from that of this version, in words; empty if it does not."""
    known = migration_files.known()
    parts = [("behind", len(known - applied)), ("ahead", len(applied - known))]
    return ", ".join(f"{word} by {count} migration{'s' * (count > 1)}" for word, count in parts if count)


async def refuse_other_at(url: str) -> None:
    async with opened(url) as connection:
        await refuse_other(connection)


async def find_missing(url: str, name: str = "DATABASE_URL") -> set[str]:
    async with opened(url, name) as connection:
        return await missing_in(connection)


async def missing_in(connection: asyncpg.Connection) -> set[str]:
    """The ids of the migrations to apply. ConfigError if the schema is of a newer version."""
    applied = await sql.applied_migrations.select_applied(connection)
    known = migration_files.known()
    if unknown := applied - known:
        newer = ", ".join(sorted(unknown))
        raise ConfigError(f"the schema is ahead by {newer}; this is an older version, and must not write to it")
    return known - applied


async def _refuse_unusable(connection: asyncpg.Connection, name: str) -> None:
    if await servers.is_pooled(connection):
        raise ConfigError(f"{name} leads to a connection pooler such as PgBouncer; it must lead to the database itself")
    if servers.release(connection) < servers.OLDEST:
        raise ConfigError(f"the database is PostgreSQL {servers.release(connection)}; {servers.OLDEST} is the oldest")
    if servers.encoding(connection) != "UTF8":
        encoding = servers.encoding(connection)
        raise ConfigError(f"the database has the encoding {encoding}; make one with ENCODING 'UTF8'")
