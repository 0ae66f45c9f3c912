"""Prometheus metrics of what stands in the databases of all cells, read when somebody scrapes.

A database is asked at most once in APART seconds, and to count all monitors takes at most a hundredth of the time:
what took a second is done again after 100 seconds at the earliest (``tests/serving/test_database_metrics.py``).
Where there are several cells, the metrics are sums over those that answer, and CELL_UP tells which these are
(``tests/cells/test_metrics.py``).
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from math import nan
from typing import Final

import asyncpg
from prometheus_client import Gauge

import sql
from sql.connection import FAILURES, create_pool

APART = 5.0  # seconds
PATIENCE = 2.0  # seconds that a scrape waits for the databases, and again for them to count
SHARE = 100  # the time from one count of monitors to the next, by the time that it took
CHANNELS = ("email", "sms", "webhook")
STATUSES = ("active", "maintenance", "disabled")
# of several workers, the one that was scraped last knows best
MOST_RECENT: Final = "livemostrecent"

UP = Gauge("database_up", "Whether the database answers, of every cell", multiprocess_mode=MOST_RECENT)
CELL_UP = Gauge("cell_up", "Whether each of several cells answers", ["cell"], multiprocess_mode=MOST_RECENT)
INCIDENTS = Gauge("smtp_incidents_open", "Incidents that are open", multiprocess_mode=MOST_RECENT)
MONITORS = Gauge("smtp_monitors", "Monitors by their status", ["status"], multiprocess_mode=MOST_RECENT)
PENDING = Gauge("alerts_pending", "Alerts that are not delivered yet", ["channel"], multiprocess_mode=MOST_RECENT)
OLDEST = Gauge(
    "alerts_pending_oldest_age_seconds", "Age of the oldest of them", ["channel"], multiprocess_mode=MOST_RECENT
)
CONNECTIONS = Gauge("database_pool_connections", "Connections of the pools", ["state"], multiprocess_mode="livesum")
CONNECTIONS_MAX = Gauge("database_pool_connections_max", "How many there may be", multiprocess_mode="livesum")


class CellMetrics:
    """What one database has told last."""

    def __init__(self, pool: asyncpg.Pool, *, patience: float = PATIENCE) -> None:
        self.pool = pool
        self.up = False
        self.incidents = 0
        self.backlog: Mapping[str, asyncpg.Record] = {}
        self.statuses: Mapping[str, int] | None = None  # None until they were counted
        self._patience = patience
        self._next_count = 0.0
        self._asking: asyncio.Task[None] | None = None

    @property
    def counting_again_in(self) -> float:
        """Seconds until the monitors may be counted again."""
        return self._next_count - time.monotonic()

    def ask(self) -> asyncio.Task[None]:
        """Begin to ask, unless the last question has not ended yet."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self.measure())
        return self._asking

    async def measure(self) -> None:
        self.up = False
        try:
            async with asyncio.timeout(self._patience):
                self.incidents = await sql.incidents.count_open(self.pool)
                self.backlog = {row["channel"]: row for row in await sql.alerts.select_backlog(self.pool)}
        except FAILURES:
            return
        self.up = True
        if self.counting_again_in <= 0:
            await self._count()

    async def _count(self) -> None:
        """Read every monitor: no PATCH of a status keeps a count."""
        started = time.monotonic()
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(self._patience):
                self.statuses = await sql.smtp_monitor_lists.count_by_status(self.pool)
        self._next_count = time.monotonic() + SHARE * (time.monotonic() - started)


class DatabaseMetrics:
    """Of cell 0, which has that pool, and of *others*: their URLs, by their numbers."""

    def __init__(
        self, pool: asyncpg.Pool, others: Callable[[], Mapping[int, str]] = dict, *, apart: float = APART
    ) -> None:
        self._home = CellMetrics(pool)
        self._apart = apart
        self._urls = others
        self._others: dict[tuple[int, str], CellMetrics] = {}
        self._next = 0.0

    async def measure(self) -> None:
        """Set the gauges, unless they were set just now."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._apart
        await self._follow()
        cells = [self._home, *self._others.values()]
        ended, _ = await asyncio.wait([cell.ask() for cell in cells], timeout=2 * PATIENCE)
        for task in ended:
            task.result()
        self._tell(cells)

    def close(self) -> None:
        for cell in self._others.values():
            cell.pool.terminate()

    async def _follow(self) -> None:
        """Have a connection of ours for every other cell: to open it for each scrape would cost it more."""
        named = set(self._urls().items())
        for number, url in self._others.keys() - named:
            self._others.pop((number, url)).pool.terminate()
            for left in (number, 0):  # where processes share metrics, they cannot be removed
                CELL_UP.labels(left).set(nan)
        for number, url in named - self._others.keys():
            self._others[number, url] = CellMetrics(await create_pool(url, max_size=1))

    def _tell(self, cells: list[CellMetrics]) -> None:
        up = [cell for cell in cells if cell.up]
        UP.set(len(up) == len(cells))
        if self._others:
            CELL_UP.labels(0).set(self._home.up)
        for (number, _), cell in self._others.items():
            CELL_UP.labels(number).set(cell.up)
        if not up:
            return
        INCIDENTS.set(sum(cell.incidents for cell in up))
        for channel in CHANNELS:
            rows = [cell.backlog[channel] for cell in up if channel in cell.backlog]
            PENDING.labels(channel).set(sum(row["alerts"] for row in rows))
            OLDEST.labels(channel).set(max((row["oldest_seconds"] for row in rows), default=0))
        counted = [cell.statuses for cell in up if cell.statuses is not None]
        for status in STATUSES if counted else ():
            MONITORS.labels(status).set(sum(counts.get(status, 0) for counts in counted))


async def watch(pools: Callable[[], Iterable[asyncpg.Pool]]) -> None:
    """Tell for ever how the pools of this process are used."""
    while True:
        idle = sum(pool.get_idle_size() for pool in pools())
        CONNECTIONS_MAX.set(sum(pool.get_max_size() for pool in pools()))
        CONNECTIONS.labels("idle").set(idle)
        CONNECTIONS.labels("used").set(sum(pool.get_size() for pool in pools()) - idle)
        await asyncio.sleep(1)
