"""Delivers alerts: leases them from the outbox, tries, tries again later, and keeps each attempt.

Delivery is at least once, for a day. Any agent that has the channel delivers (``tests/fleet/test_alerts.py``).
"""

import asyncio
import functools
import logging
from collections.abc import Mapping
from datetime import timedelta

import asyncpg
from prometheus_client import Counter

import sql
from server.access.fairness import FairClaims
from server.access.shares import Slots
from server.alerts.alert import Alert, Channel, DeliveryError, read_facts
from sql.connection import FAILURES
from sql.loops import happens
from sql.outages import outage
from sql.text import storable

logger = logging.getLogger(__name__)

MAX_LEASED = 20  # alerts under way at once
ATTEMPT_SECONDS = 40.0  # less than the lease, so that nobody else tries meanwhile
BACK_OFF = (5, 10, 30, 60, 120, 300)  # seconds before each further attempt; the last again and again
MAX_SLEEP = 30.0
RETRY = 0.5
MAX_DETAIL = 300  # characters
ATTEMPTS = Counter("alert_attempts_total", "Attempts to deliver an alert", ["channel", "result"])


class Outbox:
    """Delivers over *channels*. An alert for another channel waits for an agent that has it."""

    def __init__(self, pool: asyncpg.Pool, channels: Mapping[str, Channel]) -> None:
        self._pool = pool
        self._channels = channels
        self._woken = asyncio.Event()
        self._attempts: dict[asyncio.Task[None], int] = {}  # with the organization of each
        share = Slots(MAX_LEASED).join(lambda: len(self._attempts))
        self._leases = FairClaims(functools.partial(sql.alerts.lease, pool, list(channels)), share)

    def wake(self) -> None:
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Deliver until *stopping*, then finish the attempts that are under way."""
        while not stopping.is_set():
            try:
                seconds = await self._deliver_due()
                outage.worked("delivering alerts")
            except FAILURES as error:
                outage.failed("delivering alerts", error)
                seconds = RETRY
            await happens(self._woken, within=seconds)
            self._woken.clear()
        if self._attempts:
            await asyncio.wait(self._attempts)

    async def _deliver_due(self) -> float:
        """Begin an attempt for each alert that is due. Gives the seconds until the next one is due."""
        more = True
        while more and len(self._attempts) < MAX_LEASED:
            rows, more = await self._leases.take(self._attempts.values(), at_most=MAX_LEASED)
            for row in rows:
                attempt = asyncio.create_task(self._attempt(row))
                self._attempts[attempt] = row["organization_id"]
                attempt.add_done_callback(self._ended)
        seconds = await sql.alerts.seconds_to_next(self._pool, list(self._channels))
        return MAX_SLEEP if seconds is None else min(max(seconds, RETRY), MAX_SLEEP)

    def _ended(self, attempt: asyncio.Task[None]) -> None:
        """There is room for another one. If how it ended was not stored, the alert is tried again after its lease."""
        del self._attempts[attempt]
        self.wake()
        if not attempt.cancelled() and (error := attempt.exception()):
            if isinstance(error, FAILURES):
                outage.failed("delivering alerts", error)
            else:
                logger.error("an attempt broke off", exc_info=error)

    async def _attempt(self, row: asyncpg.Record) -> None:
        detail, retry_after, final = await self._try(row), None, False
        if isinstance(detail, Exception):
            final = isinstance(detail, DeliveryError) and detail.final
            retry_after = timedelta(seconds=BACK_OFF[min(row["attempts"], len(BACK_OFF)) - 1])
            detail = str(detail) or type(detail).__name__
            logger.warning("alert %s not delivered: %s", row["id"], detail)
        ATTEMPTS.labels(row["channel"], "failed" if retry_after else "delivered").inc()
        await sql.alerts.finish(
            self._pool,
            row["organization_id"],
            row["id"],
            number=row["attempts"],
            detail=storable(detail, MAX_DETAIL),
            retry_after=retry_after,
            final=final,
        )

    async def _try(self, row: asyncpg.Record) -> str | Exception:
        """What the receiver said, or why the attempt failed."""
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await self._channels[row["channel"]].deliver(_alert(row))
        except (DeliveryError, TimeoutError) as error:
            return error
        except Exception as error:  # one alert must not stop the others
            logger.exception("alert %s cannot be delivered", row["id"])
            return error


def _alert(row: asyncpg.Record) -> Alert:
    return Alert(
        organization_id=row["organization_id"],
        id=row["id"],
        kind=row["kind"],
        recipient=row["recipient"],
        facts=read_facts(row["facts"]),
        created_at=row["created_at"],
        secret=row["webhook_secret"],
    )
