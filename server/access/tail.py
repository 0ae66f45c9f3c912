"""Follows the events of one cell while anybody listens: one reader in a worker, however many listen.

States and incidents NOTIFY; changes of monitors are looked for, so that a PATCH notifies nobody. Events are told as
soon as they can be read, even if a transaction that began before theirs has not ended. A position is only moved past
transactions that have all ended, so whoever goes on from it misses nothing, and may be told a few things again
(``tests/serving/test_events.py``).
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import asyncpg

import sql
from server.access import event_facts
from server.access.event_facts import Event
from server.access.listener_queues import Position, Waiting
from sql.connection import FAILURES
from sql.events import KEPT_HOURS, Read
from sql.loops import happens
from sql.outages import outage

EVERY_SECONDS = 0.5  # between two looks for changes
MOST_AT_ONCE = 200  # events of an organization in one look; of more, its listeners are told to read anew
RESET_SECONDS = 2.0  # between two times that they are told so
MOST_AHEAD = 1000  # rows told of while an older transaction is under way; what comes then waits for its end
MOST_READ = MOST_AHEAD + MOST_AT_ONCE  # rows of an organization in one look
MOST_MISSED = 1000  # rows that a listener can catch up with
RESUMABLE_SECONDS = (KEPT_HOURS - 1) * 3600
AT_ONCE, PACE = 20, 0.002  # so many listeners are served at once, then requests for so many seconds
WHAT = "reading events"


class Tail:
    def __init__(self, cell: int, pool: asyncpg.Pool) -> None:
        self._cell = cell
        self._pool = pool
        self._coming: list[Waiting] = []
        self._here: dict[Waiting, None] = {}  # in the order of coming
        self._woken = asyncio.Event()
        self._since: int | None = None  # the transaction up to which all is told
        self._ahead: set[tuple[int, int]] = set()  # what is told of that and later ones
        self._flooded: set[int] = set()  # organizations that have to be told to read anew
        self._reset_at: dict[int, float] = {}

    @property
    def listened(self) -> bool:
        return bool(self._coming or self._here)

    def hear(self, _: str) -> None:
        """Something was notified."""
        self._woken.set()

    def add(self, waiting: Waiting) -> None:
        self._coming.append(waiting)
        self._woken.set()

    def remove(self, waiting: Waiting) -> None:
        self._here.pop(waiting, None)
        if waiting in self._coming:
            self._coming.remove(waiting)

    async def run(self) -> None:
        """Follow for ever; at the end nobody listens any more."""
        try:
            while True:
                await happens(self._woken, within=EVERY_SECONDS if self.listened else 3600)
                self._woken.clear()
                if self.listened:
                    await self._try_to_follow()
                else:
                    self._since = None
        finally:
            for waiting in (*self._coming, *self._here):
                waiting.end()

    async def _try_to_follow(self) -> None:
        try:
            await self._follow()
            outage.worked(WHAT)
        except FAILURES as error:
            outage.failed(WHAT, error)
            await asyncio.sleep(EVERY_SECONDS)
            self._woken.set()

    async def _follow(self) -> None:
        coming = [waiting for waiting in self._coming if not waiting.ended]
        if self._since is None or not self._here:
            self._since, self._ahead = None, set()
        organizations = await self._organizations()
        read = await self._read(organizations)
        new = [row for row in read.rows if (row["xid"], row["id"]) not in self._ahead]
        told = await self._told(new)
        # nothing fails from here on: what is not remembered as told is read again
        self._ahead |= {(row["xid"], row["id"]) for row in new}
        self._ahead = {key for key in self._ahead if key[0] >= read.horizon}
        self._since = read.horizon
        position = Position(self._cell, read.horizon, read.seconds)
        self._limit(told)
        for number, waiting in enumerate(list(self._here), 1):
            self._tell(waiting, told, position)
            if told and number % AT_ONCE == 0:
                await asyncio.sleep(PACE)
        for waiting in coming:
            await self._admit(waiting, position)

    async def _organizations(self) -> list[int]:
        """Those that are listened to."""
        wanted = {waiting.organization_id for waiting in self._here}
        if None in wanted:
            return await sql.events.select_organizations(self._pool)
        return [organization_id for organization_id in wanted if organization_id is not None]

    async def _read(self, organizations: Sequence[int]) -> Read:
        """What may not have been told yet."""
        since, final = self._since or 0, len(self._ahead) >= MOST_AHEAD
        here = [] if self._since is None else organizations
        read = await sql.events.select(self._pool, here, since, final=final, limit=MOST_READ)
        if read.horizon < since:  # another database has taken over, which has lost the newest
            self._flooded.update(organizations)
        counts = Counter(row["organization_id"] for row in read.rows)
        self._flooded |= {one for one, rows in counts.items() if rows == MOST_READ}
        return read

    async def _told(self, rows: Sequence[asyncpg.Record]) -> dict[int, list[Event]]:
        """Events by organization; those of one with too many are not read."""
        by_organization: dict[int, list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            by_organization[row["organization_id"]].append(row)
        self._flooded |= {one for one, its in by_organization.items() if event_facts.count(its) > MOST_AT_ONCE}
        told: dict[int, list[Event]] = defaultdict(list)
        if few := [row for row in rows if row["organization_id"] not in self._flooded]:
            for event in await event_facts.find(self._pool, few):
                told[event.organization_id].append(event)
        return told

    def _limit(self, told: dict[int, list[Event]]) -> None:
        """Tell those of whom there is too much so, unless they were told just before."""
        now = time.monotonic()
        for organization_id in list(self._flooded):
            if now >= self._reset_at.get(organization_id, 0.0) + RESET_SECONDS:
                self._flooded.remove(organization_id)
                self._reset_at[organization_id] = now
                told[organization_id] = [event_facts.reset(organization_id)]

    def _tell(self, waiting: Waiting, told: Mapping[int, Sequence[Event]], position: Position) -> None:
        """A listener of an organization that is flooded stays where it is until it is told so."""
        if waiting.organization_id is None:
            events = [event for its in told.values() for event in its]
            waiting.put(events, None if self._flooded else position)
        else:
            known = waiting.organization_id not in self._flooded
            waiting.put(told.get(waiting.organization_id, ()), position if known else None)

    async def _admit(self, waiting: Waiting, position: Position) -> None:
        """Tell what was missed since the listener was here. Until now nothing of it is told, and from now on all."""
        before = waiting.position
        resumes = before is not None and _can_resume(before, position)
        since = before.xid if before is not None and resumes else position.xid
        rows = await self._rows_since(since, waiting.organization_id)
        events = [] if before is None else await self._missed(rows) if resumes else None
        if waiting not in self._coming:
            return  # it has left meanwhile
        if all(one.organization_id != waiting.organization_id for one in self._here):
            # what is there already is told to the listener here, or was there before it came
            self._ahead |= {(row["xid"], row["id"]) for row in rows if row["xid"] >= position.xid}
        self._coming.remove(waiting)
        self._here[waiting] = None
        waiting.put([event_facts.reset(waiting.organization_id or 0)] if events is None else events, position)
        waiting.wake()

    async def _rows_since(self, xid: int, organization_id: int | None) -> Sequence[asyncpg.Record]:
        whose = await sql.events.select_organizations(self._pool) if organization_id is None else [organization_id]
        return (await sql.events.select(self._pool, whose, xid, limit=MOST_MISSED + 1)).rows

    async def _missed(self, rows: Sequence[asyncpg.Record]) -> Sequence[Event] | None:
        """None if that is too much."""
        return None if event_facts.count(rows) > MOST_MISSED else await event_facts.find(self._pool, rows)


def _can_resume(before: Position, now: Position) -> bool:
    """Whether all since then is known. Other databases have other numbers, and a copy of this one older ones."""
    return before.cell == now.cell and before.xid <= now.xid and before.seconds >= now.seconds - RESUMABLE_SECONDS
