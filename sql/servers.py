"""What kind of server a connection leads to.

A pooler such as PgBouncer gives a client another connection for each transaction. That breaks LISTEN, prepared
statements and the settings of the connections that batches go over, so it is refused. It has nothing to save here: a
worker keeps at most 13 connections, and an agent 9.
"""

import asyncpg

from sql.connection import Connection

OLDEST = 15  # the release of PostgreSQL


def release(connection: Connection) -> int:
    return connection.get_server_version().major


def encoding(connection: asyncpg.Connection) -> str:
    return str(connection.get_settings().server_encoding)


async def wal_level(connection: Connection) -> str:
    return str(await connection.fetchval("SHOW wal_level"))


async def is_writable(pool: asyncpg.Pool) -> bool:
    """Whether anything can be written: not to a standby, nor to a database set to be read only, nor to a full disk.

    Rows that need more than their memory are written to a file beside the tables, some 70 kB for a millisecond.
    """
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval("SELECT current_setting('transaction_read_only')") == "on":
            return False
        await connection.execute("SET LOCAL work_mem = '64kB'")
        try:
            await connection.execute("SELECT count(*) FROM generate_series(1, 10000)")
        except asyncpg.DiskFullError:
            return False
        except asyncpg.ConfigurationLimitExceededError:
            return True  # temp_file_limit says nothing of the disk
    return True


async def is_pooled(connection: asyncpg.Connection) -> bool:
    """Whether something answers in the name of a server: it tells another process than the one that runs statements."""
    pid = connection.get_server_pid()
    # the simple protocol, which no pooler confuses, tells the number of rows only
    return await connection.execute(f"SELECT WHERE pg_backend_pid() = {pid}") != "SELECT 1"
