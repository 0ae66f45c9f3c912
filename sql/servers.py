"""What kind of server a connection leads to.

A pooler such as PgBouncer gives a client another connection for each transaction. That breaks LISTEN, prepared
statements and the settings of the connections that batches go over, so it is refused. It has nothing to save here: a
worker keeps at most 13 connections, and an agent 9.
"""

import asyncpg

from sql.connection import Executor

OLDEST = 15  # the release of PostgreSQL


def release(connection: asyncpg.Connection) -> int:
    return connection.get_server_version().major


def encoding(connection: asyncpg.Connection) -> str:
    return str(connection.get_settings().server_encoding)


async def is_writable(db: Executor) -> bool:
    """Whether anything can be written: not to a standby, nor to a database that is set to be read only."""
    return str(await db.fetchval("SELECT current_setting('transaction_read_only')")) == "off"


async def is_pooled(connection: asyncpg.Connection) -> bool:
    """Whether something answers in the name of a server: it tells another process than the one that runs statements."""
    pid = connection.get_server_pid()
    # the simple protocol, which no pooler confuses, tells the number of rows only
    return await connection.execute(f"SELECT WHERE pg_backend_pid() = {pid}") != "SELECT 1"
