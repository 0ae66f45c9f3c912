"""The work of an agent at one location: claim what is due, probe it, hand in what was found."""

import asyncio
import contextlib
import functools
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import asyncpg

import sql
from server.access.fairness import FairClaims
from server.access.key_ring import KeyRing
from server.access.shares import Slots
from server.agent import check_metrics, claimed
from server.agent.record import Checked, record
from server.agent.sightings import Sightings
from server.checks.connect import Resolve
from server.checks.networks import Networks
from sql.connection import FAILURES, UNAVAILABLE
from sql.loops import happens, running
from sql.outages import outage
from sql.rows import Key

logger = logging.getLogger(__name__)

MAX_CLAIM = 500  # rows a claim takes at most
MAX_BATCH = 500  # results a transaction takes at most
MAX_WAITING = 5000  # results that wait for the database; with more, nothing is claimed
TICK = 0.1  # seconds between two claims, and in which results gather
MAX_SLEEP = 5.0  # seconds until the next look, when nothing is due
RETRY = 0.5  # seconds until a database that is away is asked again
SHOW = 1.5  # seconds between two signs of life
FINISH_SECONDS = 8.0  # for checks under way when the agent is to stop


@dataclass(frozen=True, slots=True)
class Location:
    id: int
    code: str


class Runner:
    """Keeps nothing that another agent could not take over after one interval."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        location: Location,
        *,
        slots: Slots,
        ring: KeyRing,
        resolve: Resolve,
        allowed: Networks,
        channels: Sequence[str],
    ) -> None:
        self._id = uuid4()
        self._pool = pool
        self._location = location
        self._ring = ring
        self._resolve = resolve
        self._allowed = allowed
        self._channels = channels
        self._checks: dict[asyncio.Task[None], Key] = {}
        self._results: deque[Checked] = deque()
        self._sightings = Sightings()
        self._closing = False
        self._unsure = False
        self._woken = asyncio.Event()
        self._arrived = asyncio.Event()
        self._metrics = check_metrics.at(location.code)
        claim = functools.partial(sql.smtp_monitor_locations.claim, pool, location.id, self._id)
        self._share = slots.join(lambda: len(self._checks))
        self._claims = FairClaims(claim, self._share)

    def wake(self) -> None:
        """Look at once for what is due."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until *stopping*, then finish what is under way."""
        with contextlib.closing(self._share):
            async with asyncio.TaskGroup() as group, running(self._show()):
                group.create_task(self._record_all())
                while not stopping.is_set():
                    await self._pause(await self._claim())
                await self._finish()
                self._closing = True
                self._arrived.set()

    async def _show(self) -> None:
        """Be seen, so that nobody else makes the checks that are under way here."""
        try:
            while True:
                try:
                    await sql.agents.upsert(self._pool, self._id, self._location.id, self._channels)
                    outage.worked("showing that it lives")
                except FAILURES as error:
                    outage.failed("showing that it lives", error)
                await asyncio.sleep(SHOW)
        finally:
            with contextlib.suppress(*FAILURES):
                await sql.agents.delete(self._pool, self._id)

    async def _claim(self) -> float:
        """Begin the checks that are due; the seconds to pause before the next claim."""
        if len(self._checks) >= self._share.size or len(self._results) >= MAX_WAITING:
            return TICK
        holders = [key.organization_id for key in self._checks.values()]
        try:
            if self._unsure:
                await self._release_unknown()
            rows, more = await self._claims.take(holders, at_most=MAX_CLAIM)
            if not rows:
                seconds = await sql.smtp_monitor_locations.seconds_to_next(self._pool, self._location.id)
                outage.worked("claiming checks")
                return min(max(seconds or MAX_SLEEP, TICK), MAX_SLEEP)
        except FAILURES as error:
            outage.failed("claiming checks", error)
            self._unsure = True
            return RETRY
        outage.worked("claiming checks")
        for row in rows:
            if row["checks"]:
                self._begin(row)
        return 0 if more else TICK

    async def _release_unknown(self) -> None:
        """Give back what a claim took whose answer was lost."""
        known = {*self._checks.values(), *(checked.monitor for checked in self._results)}
        await sql.smtp_monitor_locations.release_unknown(self._pool, self._location.id, self._id, list(known))
        self._unsure = False

    async def _pause(self, seconds: float) -> None:
        await happens(self._woken, within=seconds)
        self._woken.clear()

    def _begin(self, row: asyncpg.Record) -> None:
        self._metrics.claimed(row["late"])
        check = asyncio.create_task(self._check(row))
        self._checks[check] = Key(row["organization_id"], row["smtp_monitor_id"])
        check.add_done_callback(self._ended)

    def _ended(self, check: asyncio.Task[None]) -> None:
        del self._checks[check]
        if len(self._checks) == self._share.size // 2:
            self.wake()  # there is room for a claim that is worth its round trip
        self._metrics.ended()
        if not check.cancelled() and (error := check.exception()):
            logger.error("a check broke off", exc_info=error)

    async def _check(self, row: asyncpg.Record) -> None:
        outcome = await claimed.check(row, self._ring, resolve=self._resolve, allowed=self._allowed)
        self._metrics.judged(outcome.verdict)
        self._results.append(Checked(Key(row["organization_id"], row["smtp_monitor_id"]), outcome))
        self._arrived.set()

    async def _finish(self) -> None:
        """Let the checks under way end; those that take too long are given back."""
        if self._checks:
            await asyncio.wait(self._checks, timeout=FINISH_SECONDS)
        keys = list(self._checks.values())
        for check in self._checks:
            check.cancel()
        if keys:
            with contextlib.suppress(*FAILURES):
                await sql.smtp_monitor_locations.release(self._pool, self._location.id, keys)

    async def _record_all(self) -> None:
        """Store what was found, in a few transactions a second, or in full ones."""
        while self._results or not self._closing:
            await self._arrived.wait()
            if not self._closing:
                if len(self._results) < MAX_BATCH:
                    await asyncio.sleep(TICK)
                self._arrived.clear()
            if batch := self._take():
                await self._record(batch)
            if self._results:
                self._arrived.set()

    def _take(self) -> list[Checked]:
        """The oldest results, of different monitors."""
        batch: dict[Key, Checked] = {}
        while self._results and len(batch) < MAX_BATCH:
            monitor = self._results[0].monitor
            if monitor in batch:
                break
            batch[monitor] = self._results.popleft()
        return list(batch.values())

    async def _record(self, batch: list[Checked]) -> None:
        """Store a batch, however long the database is away; what it refuses is stored apart, or lost and logged."""
        while True:
            try:
                await record(self._pool, self._location.id, batch)
                outage.worked("recording results")
                await self._sightings.keep(self._pool, self._location.id, batch)
                return
            except UNAVAILABLE as error:
                outage.failed("recording results", error)
                if self._closing:
                    return
                await asyncio.sleep(RETRY)
            except asyncpg.PostgresError as error:
                if len(batch) == 1:
                    logger.error("a result was refused", exc_info=error)  # noqa: TRY400
                    return
                for checked in batch:
                    await self._record([checked])
                return
