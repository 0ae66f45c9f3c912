"""Prometheus metrics of what stands in the database, read when somebody scrapes.

The database is asked at most once in APART seconds, and to count all monitors takes at most a hundredth of the time:
what took a second is done again after 100 seconds at the earliest (``tests/serving/test_database_metrics.py``).
"""

import asyncio
import contextlib
import time
from typing import Final

import asyncpg
from prometheus_client import Gauge

import sql
from sql.connection import UNAVAILABLE

APART = 5.0  # seconds
PATIENCE = 2.0  # seconds that a scrape waits for the database
SHARE = 100  # the time from one count of monitors to the next, by the time that it took
CHANNELS = ("email", "sms", "webhook")
STATUSES = ("active", "maintenance", "disabled")
# of several workers, the one that was scraped last knows best
MOST_RECENT: Final = "livemostrecent"

UP = Gauge("database_up", "Whether the database answers", multiprocess_mode=MOST_RECENT)
INCIDENTS = Gauge("smtp_incidents_open", "Incidents that are open", multiprocess_mode=MOST_RECENT)
MONITORS = Gauge("smtp_monitors", "Monitors by their status", ["status"], multiprocess_mode=MOST_RECENT)
PENDING = Gauge("alerts_pending", "Alerts that are not delivered yet", ["channel"], multiprocess_mode=MOST_RECENT)
OLDEST = Gauge(
    "alerts_pending_oldest_age_seconds", "Age of the oldest of them", ["channel"], multiprocess_mode=MOST_RECENT
)
CONNECTIONS = Gauge("database_pool_connections", "Connections of the pools", ["state"], multiprocess_mode="livesum")
CONNECTIONS_MAX = Gauge("database_pool_connections_max", "How many there may be", multiprocess_mode="livesum")


class DatabaseMetrics:
    def __init__(self, pool: asyncpg.Pool, *, patience: float = PATIENCE) -> None:
        self._pool = pool
        self._patience = patience
        self._next = 0.0
        self._next_count = 0.0

    @property
    def counting_again_in(self) -> float:
        """Seconds until the monitors may be counted again."""
        return self._next_count - time.monotonic()

    async def measure(self) -> None:
        """Set the gauges, unless they were set just now."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + APART
        try:
            async with asyncio.timeout(self._patience):
                await self._read()
            UP.set(1)
        except UNAVAILABLE:
            UP.set(0)
            return
        if time.monotonic() >= self._next_count:
            await self._count()

    async def _read(self) -> None:
        INCIDENTS.set(await sql.incidents.count_open(self._pool))
        backlog = {row["channel"]: row for row in await sql.alerts.select_backlog(self._pool)}
        for channel in CHANNELS:
            row = backlog.get(channel)
            PENDING.labels(channel).set(row["alerts"] if row else 0)
            OLDEST.labels(channel).set(row["oldest_seconds"] if row else 0)

    async def _count(self) -> None:
        """Read every monitor: no PATCH of a status keeps a count."""
        started = time.monotonic()
        with contextlib.suppress(*UNAVAILABLE):
            async with asyncio.timeout(self._patience):
                counts = await sql.smtp_monitor_lists.count_by_status(self._pool)
            for status in STATUSES:
                MONITORS.labels(status).set(counts.get(status, 0))
        self._next_count = time.monotonic() + SHARE * (time.monotonic() - started)


async def watch(pool: asyncpg.Pool) -> None:
    """Tell for ever how the pool of this process is used."""
    CONNECTIONS_MAX.set(pool.get_max_size())
    while True:
        idle = pool.get_idle_size()
        CONNECTIONS.labels("idle").set(idle)
        CONNECTIONS.labels("used").set(pool.get_size() - idle)
        await asyncio.sleep(1)
