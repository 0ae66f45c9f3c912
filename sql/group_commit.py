"""Many small writes, one commit.

What waits while the previous commit is on its way goes together into the next: writes of one
statement become one execution of it over arrays. Nothing waits for a timer, so an idle database is
written to at once. Every write stands alone: it gets its own row, or None, or its own error.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import asyncpg

from sql.connection import COMMAND_TIMEOUT, CONNECT_TIMEOUT, UNAVAILABLE

logger = logging.getLogger(__name__)

MAX_WAITING = 4096  # writes; one more is refused
MAX_WAIT = 5.0  # seconds a write may wait before it is refused

Key = tuple[int, UUID]


class QueueFullError(OSError):
    """Too many writes wait already."""


class Observer(Protocol):
    """What is told of each batch, and of each refusal."""

    def observe_batch(self, rows: int, waited: float, waiting: int) -> None: ...

    def observe_refusal(self) -> None: ...


@dataclass(eq=False, slots=True)
class Write:
    """One row of arguments for *statement*, which changes at most the row named by *key*.

    A statement takes arrays: the first of positions, to be returned as column ``n``, then one for
    each of *arguments*.
    """

    statement: str
    key: Key
    arguments: tuple[object, ...]
    done: asyncio.Future[asyncpg.Record | None]
    since: float


class GroupCommit:
    """A queue and the one connection that writes what is in it.

    *lock* is the statement that locks rows by two arrays of keys, in their order.
    """

    def __init__(self, dsn: str, *, lock: str, max_rows: int, observer: Observer) -> None:
        self._dsn = dsn
        self._lock = lock
        self._max_rows = max_rows
        self._observer = observer
        self._waiting: deque[Write] = deque()
        self._arrived = asyncio.Event()
        self._connection: asyncpg.Connection | None = None

    async def write(self, statement: str, key: Key, arguments: tuple[object, ...]) -> asyncpg.Record | None:
        """The row that was written and committed; None if there is no such row.

        Whatever is raised, nothing may be assumed of the write but that it was not reported as done.
        """
        if len(self._waiting) >= MAX_WAITING:
            self._observer.observe_refusal()
            raise QueueFullError("too many writes are waiting")
        done: asyncio.Future[asyncpg.Record | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(Write(statement, key, arguments, done, time.monotonic()))
        self._arrived.set()
        return await done

    async def run(self) -> None:
        """Write for ever; when cancelled, what waits is refused and the connection closed."""
        try:
            while True:
                await self._arrived.wait()
                writes = self._take()
                if not self._waiting:
                    self._arrived.clear()
                if writes:
                    await self._commit(writes)
        finally:
            _refuse(self._waiting, ConnectionError("the server is stopping"))
            self._drop_connection()

    def _take(self) -> list[Write]:
        """The next writes in order of arrival, without those that nobody waits for any more."""
        now = time.monotonic()
        writes: list[Write] = []
        while self._waiting and len(writes) < self._max_rows:
            write = self._waiting.popleft()
            if now - write.since > MAX_WAIT:
                _refuse([write], TimeoutError("the write waited too long"))
            elif not write.done.done():
                writes.append(write)
        if writes:
            self._observer.observe_batch(len(writes), now - writes[0].since, len(self._waiting))
        return writes

    async def _commit(self, writes: list[Write]) -> None:
        """Commit together; if the rows or their contents forbid it, each apart."""
        try:
            await self._commit_together(writes)
        except UNAVAILABLE as error:
            self._drop_connection()
            if isinstance(error, asyncpg.DeadlockDetectedError):
                await self._commit_apart(writes)
            else:
                _refuse(writes, error)
        except asyncpg.PostgresError as error:
            if len(writes) == 1:
                _refuse(writes, error)
            else:
                await self._commit_apart(writes)
        except asyncio.CancelledError:
            _refuse(writes, ConnectionError("the server is stopping"))
            raise
        except Exception as error:  # a value the driver cannot encode: one of these is a bug, not all
            logger.exception("a batch of %d could not be sent", len(writes))
            if len(writes) == 1:
                _refuse(writes, error)
            else:
                await self._commit_apart(writes)

    async def _commit_apart(self, writes: list[Write]) -> None:
        for write in writes:
            await self._commit([write])

    async def _commit_together(self, writes: list[Write]) -> None:
        connection = await self._connected()
        groups = list(_groups(writes))
        if len(groups) == 1:
            rows = await _execute(connection, groups[0])
        else:
            rows = {}
            async with connection.transaction():
                # several statements would lock in several orders: lock all rows first, in the one order
                keys = sorted({write.key for write in writes})
                await connection.execute(self._lock, *zip(*keys, strict=True))
                for group in groups:
                    rows |= await _execute(connection, group)
        for write in writes:
            if not write.done.done():
                write.done.set_result(rows.get(write))

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                server_settings={
                    "application_name": "smtp-monitors group commit",
                    # plans that visit rows in the order of the arrays: that is the lock order
                    "plan_cache_mode": "force_generic_plan",
                    "enable_hashjoin": "off",
                    "enable_mergejoin": "off",
                    "enable_seqscan": "off",
                    "enable_bitmapscan": "off",
                    "jit": "off",
                },
            )
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(*UNAVAILABLE):
                self._connection.terminate()
            self._connection = None


def _groups(writes: Sequence[Write]) -> Iterable[list[Write]]:
    """Groups of one statement and different rows, such that writes of one row keep their order."""
    rounds: list[dict[str, list[Write]]] = []
    seen: dict[Key, int] = {}
    for write in writes:
        number = seen.get(write.key, -1) + 1
        seen[write.key] = number
        if number == len(rounds):
            rounds.append({})
        rounds[number].setdefault(write.statement, []).append(write)
    for statements in rounds:
        for group in statements.values():
            yield sorted(group, key=lambda write: write.key)


async def _execute(connection: asyncpg.Connection, group: Sequence[Write]) -> dict[Write, asyncpg.Record]:
    columns = zip(*(write.arguments for write in group), strict=True)
    rows = await connection.fetch(group[0].statement, range(len(group)), *columns)
    return {group[row["n"]]: row for row in rows}


def _refuse(writes: Iterable[Write], error: BaseException) -> None:
    for write in writes:
        if not write.done.done():
            write.done.set_exception(error)
