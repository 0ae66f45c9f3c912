"""Clients that patch while a database fails over, what they were answered, and what that says."""

import asyncio
import contextlib
import json
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import asyncpg
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from sql.connection import FAILURES
from tests.bench.database import FIRST, PUBLIC_ID, Database

PAUSE = 0.1  # seconds between an answer and the client's next patch
HANG = 30.0  # seconds without an answer
NO_ANSWER = 0  # in place of a status


@dataclass(frozen=True, slots=True)
class Sample:
    """A patch: when it was sent and answered, by the monotonic clock."""

    sent: float
    answered: float
    status: int


@dataclass(slots=True)
class Load:
    """What the clients were answered; *acknowledged* are the numbers that were, by client."""

    samples: list[Sample] = field(default_factory=list)
    acknowledged: list[list[int]] = field(default_factory=list)

    def others(self) -> dict[int, int]:
        """How often there was an answer that should not be."""
        return Counter(sample.status for sample in self.samples if sample.status not in (200, 503))

    async def until_calm(self, since: float, seconds: float, patience: float) -> bool:
        """Wait until all was answered with 200 for so long; False if it is not in time."""
        while (now := time.monotonic()) < since + patience:
            _, last = window(self.samples, since, now) or (since, since)
            if now > last + seconds:
                return True
            await asyncio.sleep(0.1)
        return False


@contextlib.asynccontextmanager
async def patching(url: str, database: Database) -> AsyncIterator[Load]:
    """A client for each monitor counts up its name meanwhile."""
    load = Load(acknowledged=[[] for _ in range(database.monitors)])
    headers = {"Authorization": f"Bearer {database.token}", "Content-Type": "application/json"}
    timeout, connector = ClientTimeout(HANG), TCPConnector(limit=0)
    ended = asyncio.Event()
    async with (
        ClientSession(url, headers=headers, timeout=timeout, connector=connector) as session,
        asyncio.TaskGroup() as group,
    ):
        for number in range(database.monitors):
            group.create_task(_patch(session, number, load, ended))
        try:
            yield load
        finally:
            ended.set()


async def _patch(session: ClientSession, number: int, load: Load, ended: asyncio.Event) -> None:
    path, count = f"/api/smtp-monitors/{PUBLIC_ID}{FIRST + number}", 0
    while not ended.is_set():
        count += 1
        sent, status = time.monotonic(), NO_ANSWER
        with contextlib.suppress(ClientError, OSError):  # TimeoutError is one of these
            async with session.patch(path, data=json.dumps({"name": str(count)})) as response:
                await response.read()
                status = response.status
        load.samples.append(Sample(sent, time.monotonic(), status))
        if status == 200:
            load.acknowledged[number].append(count)
        await asyncio.sleep(PAUSE)


class Witness:
    """Writes to each node by itself, so that one knows when the cluster took writes, whatever the server did."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._next = 0
        self.written: list[tuple[float, int]] = []  # when each row was acknowledged

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._watch(url)) for url in self._urls]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=5)

    async def _watch(self, url: str) -> None:
        while True:
            with contextlib.suppress(*FAILURES):
                # a standby would log each attempt to write
                to_leader = f"{url}?target_session_attrs=read-write"
                connection = await asyncpg.connect(to_leader, timeout=1, command_timeout=1)
                try:
                    await self._write(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(0.1)

    async def _write(self, connection: asyncpg.Connection) -> None:
        while True:
            self._next += 1
            row = self._next
            await connection.execute("INSERT INTO witnessed (id) VALUES ($1)", row)
            self.written.append((time.monotonic(), row))
            await asyncio.sleep(0.1)


def window(samples: Sequence[Sample], start: float, end: float) -> tuple[float, float] | None:
    """From when the first patch that was not done was sent, until the last such answer; None if all were done."""
    failed = [one for one in between(samples, start, end) if one.status != 200]
    return (max(min(one.sent for one in failed), start), failed[-1].answered) if failed else None


def gap(written: Sequence[tuple[float, int]], start: float, end: float) -> tuple[float, float]:
    """The longest time without a write that was acknowledged."""
    before = [at for at, _ in written if at < start][-1:] or [start]
    times = [*before, *(at for at, _ in written if start <= at < end), end]
    return max(pairwise(times), key=lambda pair: pair[1] - pair[0])


def p99(samples: Sequence[Sample], start: float, end: float) -> float:
    """In milliseconds."""
    spans = sorted(one.answered - one.sent for one in between(samples, start, end))
    return spans[int(len(spans) * 0.99)] * 1000 if spans else 0.0


def slowest(samples: Sequence[Sample], start: float, end: float) -> float:
    return max((one.answered - one.sent for one in between(samples, start, end)), default=0.0)


def between(samples: Sequence[Sample], start: float, end: float) -> Sequence[Sample]:
    """Those that were answered in that time; they are kept in the order of their answers."""
    first, last = (bisect_left(samples, moment, key=lambda one: one.answered) for moment in (start, end))
    return samples[first:last]
