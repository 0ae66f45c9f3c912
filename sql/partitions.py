"""Day partitions: made ahead, dropped whole. Names come from dates alone."""

import contextlib
from collections.abc import AsyncIterator, Set
from datetime import UTC, date, datetime, timedelta

import asyncpg

from sql.connection import Connection

TABLES = ("smtp_checks", "smtp_check_hours")
DAYS_AHEAD = 3


async def maintain(connection: Connection, *, retention_days: int) -> None:
    """Make the partitions of the next days, drop those past retention. One agent does this at a time."""
    today = datetime.now(UTC).date()
    await ensure(connection, {today + timedelta(days=n) for n in range(-1, DAYS_AHEAD + 1)})
    async with _locked(connection):
        for table in TABLES:
            for day, name in (await select(connection, table)).items():
                if day < today - timedelta(days=retention_days):
                    await connection.execute(f"DROP TABLE {name}")


async def ensure(connection: Connection, days: Set[date]) -> None:
    """Make the partitions of *days* that are not there."""
    async with _locked(connection):
        for table in TABLES:
            present = await select(connection, table)
            for day in sorted(days - present.keys()):
                await create(connection, table, day)


@contextlib.asynccontextmanager
async def _locked(connection: Connection) -> AsyncIterator[None]:
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '2s'")
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('smtp_checks partitions'))")
        yield


def is_missing(error: asyncpg.PostgresError) -> bool:
    """Whether a row was refused because its day has no partition."""
    return (
        isinstance(error, asyncpg.CheckViolationError) and error.table_name in TABLES and error.constraint_name is None
    )


async def select(connection: Connection, table: str) -> dict[date, str]:
    query = """
        SELECT c.relname AS name
          FROM pg_inherits i
          JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = $1::regclass
    """
    names = [row["name"] for row in await connection.fetch(query, table)]
    return {datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC).date(): name for name in names}


async def select_days(connection: Connection) -> set[date]:
    """Those that have a partition."""
    return {day for table in TABLES for day in await select(connection, table)}


async def create(connection: Connection, table: str, day: date) -> None:
    """Make it apart, then attach it: that blocks nobody who reads or writes other days."""
    name = f"{table}_{day:%Y%m%d}"
    await connection.execute(f"""
        CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
        ALTER TABLE {table} ATTACH PARTITION {name}
              FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')
    """)
