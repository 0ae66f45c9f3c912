"""Many small writes, one commit.

What waits while the previous commit is on its way goes together into the next, as one statement over
arrays and in one round trip. Nothing waits for a timer, so an idle database is written to at once. Every
write stands alone: it gets its own row, or None, or its own error. Reads of single rows can share a
statement in the same way: each sees whatever was committed before it was asked for.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, Protocol, TypeVar

import asyncpg

from sql.connection import COMMAND_TIMEOUT, CONNECT_TIMEOUT, UNAVAILABLE

logger = logging.getLogger(__name__)

MAX_WAITING = 4096  # writes; one more is refused
MAX_WAIT = 5.0  # seconds a write may wait before it is refused
LOCK_TIMEOUT = 2000  # milliseconds, below COMMAND_TIMEOUT: a row that somebody holds must not fail its neighbours
TURNS = 6  # of the event loop after a batch that several shared: they are answered, and what came in joins the next


class QueueFullError(OSError):
    """Too many writes wait already."""


class Observer(Protocol):
    """What is told of each batch, and of each refusal."""

    def observe_batch(self, rows: int, waited: float, waiting: int) -> None: ...

    def observe_refusal(self) -> None: ...


Key = tuple[int, int]


class Write(Protocol):
    """A change of at most one row, the one that *key* names; or a read, whose key is its own."""

    @property
    def key(self) -> Key: ...


W = TypeVar("W", bound=Write)
Round = Sequence[W]  # writes to different rows, in the order of their keys
Render = Callable[[Sequence[Round[W]]], tuple[str, Sequence[Sequence[object]]]]


@dataclass(eq=False, slots=True)
class Waiting(Generic[W]):
    write: W
    done: asyncio.Future[asyncpg.Record | None]
    since: float = field(default_factory=time.monotonic)


class Batcher(Generic[W]):
    """A queue of writes and the one connection that commits what is in it.

    *render* makes of a batch one statement, and its arguments for each round: a row's second write is in the
    second round, and so on. The statement must visit the rows in the order of the round, which keeps
    workers from deadlocks, and return with each row, in column ``n``, the position of its write in the
    whole batch, counted from 1.
    """

    def __init__(self, dsn: str, render: Render[W], *, max_rows: int, observer: Observer) -> None:
        self._dsn = dsn
        self._render = render
        self._max_rows = max_rows
        self._observer = observer
        self._queue: deque[Waiting[W]] = deque()
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()
        self._shared = False  # whether the last batch was of several
        self._connection: asyncpg.Connection | None = None
        self._loop = asyncio.get_running_loop()  # to ask each time is a system call

    async def submit(self, write: W) -> asyncpg.Record | None:
        """The row that was written and committed, or read; None if there is no such row.

        Whatever is raised, nothing may be assumed of the write but that it was not reported as done.
        """
        if len(self._queue) >= MAX_WAITING:
            self._observer.observe_refusal()
            raise QueueFullError("too many writes are waiting")
        waiting = Waiting(write, self._loop.create_future())
        if self._queue or self._shared or self._writing.locked():
            self._queue.append(waiting)
            self._arrived.set()
        else:  # alone: to write here rather than in run() answers two turns of the event loop sooner
            async with self._writing:
                self._observer.observe_batch(1, 0, 0)
                await self._commit([[waiting]])
        return await waiting.done

    async def run(self) -> None:
        """Write for ever; when cancelled, what waits is refused and the connection closed."""
        try:
            while True:
                await self._arrived.wait()
                async with self._writing:
                    rounds = self._take()
                    if not self._queue:
                        self._arrived.clear()
                    if rounds:
                        await self._commit(rounds)
                    self._shared = sum(map(len, rounds)) > 1
                    for _ in range(TURNS if self._shared else 0):
                        await asyncio.sleep(0)
        finally:
            _refuse(self._queue, ConnectionError("the server is stopping"))
            self._drop_connection()

    def _take(self) -> list[list[Waiting[W]]]:
        """The oldest writes that somebody still waits for, the second of a row in a second round, and so on."""
        now = time.monotonic()
        rounds: list[dict[Key, Waiting[W]]] = []
        depths: dict[Key, int] = {}
        taken = 0
        while self._queue and taken < self._max_rows:
            waiting = self._queue.popleft()
            key = waiting.write.key
            if now - waiting.since > MAX_WAIT:
                _refuse([waiting], TimeoutError("the write waited too long"))
            elif not waiting.done.done():
                depth = depths.get(key, 0)
                if depth == len(rounds):
                    rounds.append({})
                rounds[depth][key] = waiting
                depths[key] = depth + 1
                taken += 1
        if rounds:
            oldest = next(iter(rounds[0].values()))
            self._observer.observe_batch(taken, now - oldest.since, len(self._queue))
        return [[round_[key] for key in sorted(round_)] for round_ in rounds]

    async def _commit(self, rounds: Sequence[Sequence[Waiting[W]]]) -> None:
        """Commit together; if the rows or their contents forbid it, each apart."""
        writes = list(chain.from_iterable(rounds))
        try:
            await self._commit_together(rounds)
        except (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError) as error:
            await self._commit_apart(writes, error)
        except UNAVAILABLE as error:
            self._drop_connection()
            _refuse(writes, error)
        except asyncpg.PostgresError as error:
            await self._commit_apart(writes, error)
        except asyncio.CancelledError:
            _refuse(writes, ConnectionError("the server is stopping"))
            raise
        except Exception as error:  # a value the driver cannot encode: one of these is a bug, not all
            logger.exception("a batch of %d could not be sent", len(writes))
            await self._commit_apart(writes, error)

    async def _commit_apart(self, writes: Sequence[Waiting[W]], error: BaseException) -> None:
        if len(writes) == 1:
            _refuse(writes, error)
        else:
            for waiting in writes:
                await self._commit([[waiting]])

    async def _commit_together(self, rounds: Sequence[Sequence[Waiting[W]]]) -> None:
        """The rounds go out at once and are one transaction; its first one locks every row, in the one order."""
        connection = await self._connected()
        statement, arguments = self._render([[waiting.write for waiting in round_] for round_ in rounds])
        if len(arguments) == 1:  # an idle database answers 20 µs sooner
            rows = await connection.fetch(statement, *arguments[0])
        else:
            rows = await connection.fetchmany(statement, arguments)
        by_position = {row["n"]: row for row in rows}
        for n, waiting in enumerate(chain.from_iterable(rounds), 1):
            if not waiting.done.done():
                waiting.done.set_result(by_position.get(n))

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
