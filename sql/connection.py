"""Pools, and which failures mean that the database is away."""

from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
import asyncpg.pool

COMMAND_TIMEOUT = 3.0  # seconds a statement may take before its client is told to come back
CONNECT_TIMEOUT = 2.0
LOCK_TIMEOUT = 2000  # milliseconds, below COMMAND_TIMEOUT: a row that somebody holds must not fail its whole batch

# the database is away, or the connection is of no use any more
AWAY: tuple[type[BaseException], ...] = (
    OSError,  # TimeoutError is one of these
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
# or another transaction is in the way: come back later
UNAVAILABLE: tuple[type[BaseException], ...] = (*AWAY, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class Executor(Protocol):
    """What runs a statement: a pool, or a connection within a transaction."""

    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]: ...

    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None: ...

    async def fetchval(self, query: str, *args: Any) -> Any: ...

    async def execute(self, query: str, *args: Any) -> str: ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose rows a caller may touch; None is all of them."""

    organization_id: int | None
    customer_ids: tuple[int, ...] | None


async def create_pool(dsn: str, *, max_size: int = 10) -> asyncpg.Pool:
    """A pool that opens connections when they are needed: a server starts while the database is away."""
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=max_size,
        command_timeout=COMMAND_TIMEOUT,
        timeout=CONNECT_TIMEOUT,
        reset=_keep,
        server_settings={"application_name": "smtp-monitors"},
    )


async def connect_for_batches(dsn: str) -> asyncpg.Connection:
    """A connection whose plans visit rows in the order of a statement's arrays: that is the lock order."""
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT,
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
