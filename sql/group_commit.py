"""Many small writes, one commit.

What waits while the previous commit is on its way goes together into the next, as one statement over
arrays. Nothing waits for a timer, so an idle database is written to at once. Every write stands
alone: it gets its own row, or None, or its own error.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import asyncpg

from sql.connection import COMMAND_TIMEOUT, CONNECT_TIMEOUT, UNAVAILABLE

logger = logging.getLogger(__name__)

MAX_WAITING = 4096  # writes; one more is refused
MAX_WAIT = 5.0  # seconds a write may wait before it is refused
LOCK_TIMEOUT = 2000  # milliseconds, below COMMAND_TIMEOUT: a row that somebody holds must not fail its neighbours


class QueueFullError(OSError):
    """Too many writes wait already."""


class Observer(Protocol):
    """What is told of each batch, and of each refusal."""

    def observe_batch(self, rows: int, waited: float, waiting: int) -> None: ...

    def observe_refusal(self) -> None: ...


class Write(Protocol):
    """A change of at most one row, the one that *key* names."""

    @property
    def key(self) -> tuple[int, int]: ...


W = TypeVar("W", bound=Write)
Render = Callable[[Sequence[W]], tuple[str, Sequence[Sequence[object]]]]


@dataclass(eq=False, slots=True)
class Waiting(Generic[W]):
    write: W
    done: asyncio.Future[asyncpg.Record | None]
    since: float = field(default_factory=time.monotonic)


class GroupCommit(Generic[W]):
    """A queue of writes and the one connection that commits what is in it.

    *render* makes of writes to different rows, in the order of their keys, one statement over arrays:
    its text and its arguments. It must visit the rows in that order, which keeps workers from
    deadlocks, and return with each row, in column ``n``, the position of its write.
    """

    def __init__(self, dsn: str, render: Render[W], *, max_rows: int, observer: Observer) -> None:
        self._dsn = dsn
        self._render = render
        self._max_rows = max_rows
        self._observer = observer
        self._queue: deque[Waiting[W]] = deque()
        self._arrived = asyncio.Event()
        self._connection: asyncpg.Connection | None = None

    async def write(self, write: W) -> asyncpg.Record | None:
        """The row that was written and committed; None if there is no such row.

        Whatever is raised, nothing may be assumed of the write but that it was not reported as done.
        """
        if len(self._queue) >= MAX_WAITING:
            self._observer.observe_refusal()
            raise QueueFullError("too many writes are waiting")
        done: asyncio.Future[asyncpg.Record | None] = asyncio.get_running_loop().create_future()
        self._queue.append(Waiting(write, done))
        self._arrived.set()
        return await done

    async def run(self) -> None:
        """Write for ever; when cancelled, what waits is refused and the connection closed."""
        try:
            while True:
                await self._arrived.wait()
                batch = self._take()
                if not self._queue:
                    self._arrived.clear()
                if batch:
                    await self._commit(batch)
        finally:
            _refuse(self._queue, ConnectionError("the server is stopping"))
            self._drop_connection()

    def _take(self) -> list[Waiting[W]]:
        """The oldest writes that somebody still waits for, one of each row; a row's next waits for the next batch."""
        now = time.monotonic()
        batch: dict[tuple[int, int], Waiting[W]] = {}
        later: list[Waiting[W]] = []
        while self._queue and len(batch) < self._max_rows and len(later) < self._max_rows:
            waiting = self._queue.popleft()
            if now - waiting.since > MAX_WAIT:
                _refuse([waiting], TimeoutError("the write waited too long"))
            elif waiting.write.key in batch:
                later.append(waiting)
            elif not waiting.done.done():
                batch[waiting.write.key] = waiting
        self._queue.extendleft(reversed(later))
        if batch:
            oldest = next(iter(batch.values()))
            self._observer.observe_batch(len(batch), now - oldest.since, len(self._queue))
        return [batch[key] for key in sorted(batch)]

    async def _commit(self, batch: Sequence[Waiting[W]]) -> None:
        """Commit together; if the rows or their contents forbid it, each apart."""
        try:
            await self._commit_together(batch)
        except asyncpg.DeadlockDetectedError as error:
            await self._commit_apart(batch, error)
        except UNAVAILABLE as error:
            self._drop_connection()
            _refuse(batch, error)
        except asyncpg.PostgresError as error:
            await self._commit_apart(batch, error)
        except asyncio.CancelledError:
            _refuse(batch, ConnectionError("the server is stopping"))
            raise
        except Exception as error:  # a value the driver cannot encode: one of these is a bug, not all
            logger.exception("a batch of %d could not be sent", len(batch))
            await self._commit_apart(batch, error)

    async def _commit_apart(self, batch: Sequence[Waiting[W]], error: BaseException) -> None:
        if len(batch) == 1:
            _refuse(batch, error)
        else:
            for waiting in batch:
                await self._commit([waiting])

    async def _commit_together(self, batch: Sequence[Waiting[W]]) -> None:
        connection = await self._connected()
        statement, arguments = self._render([waiting.write for waiting in batch])
        rows = {row["n"]: row for row in await connection.fetch(statement, *arguments)}
        for n, waiting in enumerate(batch):
            if not waiting.done.done():
                waiting.done.set_result(rows.get(n))

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_TIMEOUT,
                command_timeout=COMMAND_TIMEOUT,
                server_settings={
                    "application_name": "smtp-monitors group commit",
                    "lock_timeout": str(LOCK_TIMEOUT),
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


def _refuse(batch: Iterable[Waiting[W]], error: BaseException) -> None:
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(error)
