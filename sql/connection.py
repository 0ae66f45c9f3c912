"""Connections and pools, and which failures mean that the database is away."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import asyncpg
import asyncpg.pool

from sql.hosts import one_by_one

COMMAND_TIMEOUT = 3.0  # seconds a statement may take before its client is told to come back
CONNECT_TIMEOUT = 2.0  # seconds for all hosts together
LOCK_TIMEOUT = 2000  # milliseconds, below COMMAND_TIMEOUT: a row that somebody holds must not fail its whole batch
ACQUIRE_TIMEOUT = 5.0  # for a connection of the pool, when all are in use


class UnreachableError(ConnectionError):
    """No host of the database answers."""


# the database is away, or the connection is of no use any more
LOST: tuple[type[BaseException], ...] = (
    UnreachableError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
AWAY: tuple[type[BaseException], ...] = (*LOST, OSError)  # TimeoutError is one of these
# or another transaction is in the way: come back later
UNAVAILABLE: tuple[type[BaseException], ...] = (*AWAY, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
# or it has answered with an error that nobody expects: a loop tells of it, and goes on
FAILURES: tuple[type[BaseException], ...] = (*UNAVAILABLE, asyncpg.PostgresError)

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class Executor(Protocol):
    """What runs a statement: a pool, or a connection within a transaction."""

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]: ...

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None: ...

    async def fetchval(self, query: str, *args: Any) -> Any: ...

    async def execute(self, query: str, *args: Any) -> str: ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose rows a caller may touch; None is all of them. *customer_ids* are sorted, each once."""

    organization_id: int | None
    customer_ids: tuple[int, ...] | None


_leading: dict[str, str] = {}  # by the URL of several hosts, that of the one which answered last


# a pool passes on its timeout under that name
async def connect(dsn: str, *, timeout: float = CONNECT_TIMEOUT, **options: Any) -> asyncpg.Connection:  # noqa: ASYNC109
    """To a host that answers, and, of several, that can be written to. A silent one leaves the others their time."""
    hosts = one_by_one(dsn)
    if len(hosts) > 1:
        hosts.sort(key=lambda host: host != _leading.get(dsn))
        if "target_session_attrs" not in dsn:
            options["target_session_attrs"] = "read-write"
    deadline = time.monotonic() + timeout
    for left, host in zip(range(len(hosts), 0, -1), hosts, strict=True):
        try:
            share = max((deadline - time.monotonic()) / left, 0.1)
            connection: asyncpg.Connection = await asyncpg.connect(host, timeout=share, **options)
        except UNAVAILABLE as error:
            if left == 1 and isinstance(error, OSError):
                raise UnreachableError(str(error) or "no answer in time") from error
            if left == 1:
                raise
        else:
            _leading[dsn] = host
            break
    return connection


class Pool(asyncpg.Pool):
    """Lets nobody wait for ever for a connection, or for one that does not answer to come back."""

    __slots__ = ()

    def acquire(self, *, timeout: float | None = None) -> "asyncpg.pool.PoolAcquireContext":
        return super().acquire(timeout=ACQUIRE_TIMEOUT if timeout is None else timeout)


async def create_pool(dsn: str, *, max_size: int = 10) -> asyncpg.Pool:
    """A pool that opens connections when they are needed: a server starts while the database is away."""
    pool: asyncpg.Pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=max_size,
        command_timeout=COMMAND_TIMEOUT,
        timeout=CONNECT_TIMEOUT,
        connect=cast(Any, connect),
        reset=_keep,
        server_settings={"application_name": "smtp-monitors"},
    )
    pool.__class__ = Pool
    await pool
    return pool


@contextlib.asynccontextmanager
async def opened_pool(dsn: str, *, max_size: int, end_seconds: float) -> AsyncIterator[asyncpg.Pool]:
    """A pool that waits so long at its end for what is under way, and then breaks it off."""
    pool = await create_pool(dsn, max_size=max_size)
    try:
        yield pool
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(end_seconds):
                await pool.close()
        pool.terminate()


async def connect_for_batches(dsn: str) -> asyncpg.Connection:
    """A connection whose plans visit rows in the order of a statement's arrays: that is the lock order."""
    return await connect(
        dsn,
        command_timeout=COMMAND_TIMEOUT,
        server_settings={
            "application_name": "smtp-monitors batches",
            "lock_timeout": str(LOCK_TIMEOUT),
            "plan_cache_mode": "force_generic_plan",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
            "enable_seqscan": "off",
            "enable_bitmapscan": "off",
            "jit": "off",
        },
    )


async def _keep(_: asyncpg.Connection) -> None:
    """Spare asyncpg's round trip at every release: no statement here leaves state in the session."""
