"""Many small writes or reads, one statement.

What arrives while a batch is on its way shares the next batch: one statement over arrays, one round trip, one
commit. Nothing waits for a timer: an idle database gets each item at once, with plain values. Every item stands
alone: it gets its own row, or None, or its own error. A read sees whatever was committed before it was asked for.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, Protocol

import asyncpg

from sql import batch_parts, servers
from sql.connection import AWAY, connect_for_batches
from sql.statements import Item, LockKey, Statements

logger = logging.getLogger(__name__)

MAX_WAITING = 4096  # items; one more is refused
MAX_WAIT = 5.0  # seconds an item may wait before it is refused
TELL_SECONDS = 0.1  # from an item that was alone until the observer is told of all of them
# of the event loop after a batch of several: their clients are answered, and what they ask next joins one batch
TURNS = 6


class QueueFullError(OSError):
    """Too many items wait already."""


class Observer(Protocol):
    """What is told of each batch, of items that were alone and waited for nothing, and of each refusal."""

    def observe_batch(self, rows: int, waited: float, waiting: int) -> None: ...

    def observe_alone(self, items: int) -> None: ...

    def observe_refusal(self) -> None: ...


@dataclass(eq=False, slots=True)
class Waiting(Generic[Item]):
    item: Item
    done: asyncio.Future[asyncpg.Record | None]
    since: float


class Batcher(Generic[Item]):
    """A queue of items, and the one connection that answers what is in it."""

    def __init__(self, dsn: str, statements: Statements[Item], *, max_rows: int, observer: Observer) -> None:
        self._dsn = dsn
        self._statements = statements
        self._max_rows = max_rows
        self._observer = observer
        self._queue: deque[Waiting[Item]] = deque()
        self._arrived = asyncio.Event()
        self._busy = asyncio.Lock()
        self._alone = 0  # items that the observer was not told of
        self._shared = False  # whether the last batch had several items
        self._connection: asyncpg.Connection | None = None
        self._release = 0  # of PostgreSQL, at the other end of the connection
        self._loop = asyncio.get_running_loop()  # to ask each time is a system call

    async def submit(self, item: Item) -> asyncpg.Record | None:
        """The row that was written and committed, or read; None if there is no such row.

        If an error is raised, a write may or may not be committed.
        """
        if len(self._queue) >= MAX_WAITING:
            self._observer.observe_refusal()
            raise QueueFullError("too many wait already")
        if not (self._queue or self._shared or self._busy.locked()):
            async with self._busy:  # alone: asking here, not in run(), answers two turns of the event loop sooner
                if not self._alone:
                    self._loop.call_later(TELL_SECONDS, self._tell)
                self._alone += 1
                return await self._fetch_one(item)
        waiting = Waiting(item, self._loop.create_future(), time.monotonic())
        self._queue.append(waiting)
        self._arrived.set()
        return await waiting.done

    async def run(self) -> None:
        """Answer batches for ever. When this is cancelled, what waits is refused and the connection closed."""
        try:
            while True:
                await self._arrived.wait()
                async with self._busy:
                    batch = self._take()
                    if not self._queue:
                        self._arrived.clear()
                    if batch:
                        await self._answer(batch)
                    self._shared = len(batch) > 1
                    for _ in range(TURNS if self._shared else 0):
                        await asyncio.sleep(0)
        finally:
            _refuse(self._queue, ConnectionError("the server is stopping"))
            self._drop_connection()
            self._tell()

    def _tell(self) -> None:
        """Tell the observer of many items at once: for each one that would cost 6 µs."""
        alone, self._alone = self._alone, 0
        if alone:
            self._observer.observe_alone(alone)

    def _take(self) -> list[Waiting[Item]]:
        """The oldest items that somebody still waits for."""
        now = time.monotonic()
        batch: list[Waiting[Item]] = []
        while self._queue and len(batch) < self._max_rows:
            waiting = self._queue.popleft()
            if now - waiting.since > MAX_WAIT:
                _refuse([waiting], TimeoutError("waited too long"))
            elif not waiting.done.done():
                batch.append(waiting)
        if batch:
            self._observer.observe_batch(len(batch), now - batch[0].since, len(self._queue))
        return batch

    async def _answer(self, batch: Sequence[Waiting[Item]]) -> None:
        """Answer all together. If a row or a value forbids that, answer each organization's apart, then each alone."""
        try:
            await self._answer_together(batch)
        except asyncio.CancelledError:
            _refuse(batch, ConnectionError("the server is stopping"))
            raise
        except Exception as error:
            parts = () if isinstance(error, AWAY) else batch_parts.after(error, batch, self._owner)
            if not parts:
                return _refuse(batch, error)
            if not isinstance(error, asyncpg.PostgresError):  # one of the items is a bug
                logger.exception("a batch of %d could not be sent", len(batch))
            for part in parts:
                if time.monotonic() > part[0].since + MAX_WAIT:  # others have waited for their locks meanwhile
                    _refuse(part, TimeoutError("waited too long"))
                else:
                    await self._answer(part)

    def _owner(self, waiting: Waiting[Item]) -> object:
        key = self._statements.key
        return waiting if key is None else key(waiting.item)[0]

    async def _answer_together(self, batch: Sequence[Waiting[Item]]) -> None:
        rounds = self._in_rounds(batch)
        if len(batch) == 1:
            rows = {1: await self._fetch_one(batch[0].item)}
        else:
            rows = await self._fetch_many([[waiting.item for waiting in round_] for round_ in rounds])
        for n, waiting in enumerate(chain.from_iterable(rounds), 1):
            if not waiting.done.done():
                waiting.done.set_result(rows.get(n))

    def _in_rounds(self, batch: Sequence[Waiting[Item]]) -> Sequence[Sequence[Waiting[Item]]]:
        """Each round has items of different rows, in the order of their keys."""
        key = self._statements.key
        if key is None:
            return [batch]
        first = {key(waiting.item): waiting for waiting in batch}
        if len(first) == len(batch):
            return [[first[row] for row in sorted(first)]]
        rounds: list[dict[LockKey, Waiting[Item]]] = []
        depths: dict[LockKey, int] = {}
        for waiting in batch:
            row = key(waiting.item)
            depth = depths.get(row, 0)
            if depth == len(rounds):
                rounds.append({})
            rounds[depth][row] = waiting
            depths[row] = depth + 1
        return [[round_[row] for row in sorted(round_)] for round_ in rounds]

    async def _fetch_one(self, item: Item) -> asyncpg.Record | None:
        connection = await self._connected()
        statement, values = self._statements.one(item, self._release)
        try:
            return await connection.fetchrow(statement, *values)
        except AWAY:
            self._drop_connection()
            raise

    async def _fetch_many(self, rounds: Sequence[Sequence[Item]]) -> dict[int, asyncpg.Record | None]:
        """The rows by position. The rounds go out at once, in one transaction; the first one locks every row."""
        connection = await self._connected()
        statement, arrays = self._statements.many(rounds, self._release)
        try:
            if len(arrays) == 1:  # fetch() costs less than fetchmany()
                rows = await connection.fetch(statement, *arrays[0])
            else:
                rows = await connection.fetchmany(statement, arrays)
        except AWAY:
            self._drop_connection()
            raise
        return {row["n"]: row for row in rows}

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect_for_batches(self._dsn)
            self._release = servers.release(self._connection)
        return self._connection

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(*AWAY):
                self._connection.terminate()
            self._connection = None


def _refuse(batch: Iterable[Waiting[Item]], error: BaseException) -> None:
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(error)
