"""The steps of a move, each of which can be done again.

A move that dies or hangs refuses nothing any more (``sql/fences.py``), unless it does so between the last statement of
``_fence`` and the flip in ``_arrive``: then writes are refused until somebody runs the command again.

What the rows of the target lack without triggers: counts are copied as rows; the index of search is made before the
fence, and what has changed since is queued within it; agents are woken; locations that came meanwhile are scheduled.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import sql
from server.access.cell_numbers import made_in
from server.cli import move_ends
from server.cli.environment import ConfigError
from server.cli.move_ends import ABORTING, ARRIVING, COPYING, Ends, worded
from server.cli.move_lease import Lease
from sql.organization_copies import COPIED

SETTLE_SECONDS = 10.0  # after which no worker has a write for the source any more; one waits for 8 at most
FENCE_SECONDS = 3.0  # in which the target must have the rest; otherwise writes go on, and it is tried again
CLOSE_SECONDS = 0.5  # that the target may be behind when writes are refused
TELL_SECONDS = 2.0
POLL = 0.05
PAUSE = 0.02  # seconds between two steps of a removal


def tell(line: str) -> None:
    print(line, flush=True)


class Move:
    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._id = ends.organization_id
        self._directory, self._source, self._target = ends.directory, ends.source, ends.target
        self._to, self._from = f"cell {ends.target_id}", f"cell {ends.source_id}"
        self._told_at = 0.0
        self._fenced_at: float | None = None
        self._lease = Lease(ends.source)

    async def go_on(self, step: str) -> None:
        if step == COPYING:
            await self._copy()
            await self._index()
            await self._depart()
            await self._fence()
            step = ARRIVING
        if step == ARRIVING:
            await self._arrive()
        await self._leave()

    async def abort(self) -> None:
        """Leave no trace of it. Writes go on first."""
        await sql.departures.own(self._source, self._id)
        await sql.organization_moves.set_step(self._directory, self._id, ABORTING)
        tell(f"writes go on in {self._from}")
        await self._withdraw()
        await sql.organization_moves.delete(self._directory, self._id)
        tell("the move is undone")

    async def _copy(self) -> None:
        """Until the target has all rows, and follows."""
        started = time.monotonic()
        await sql.departures.return_home(self._source, self._id)  # of one that was broken off
        copies, name = sql.organization_copies, self._ends.name
        if await copies.select_subscription(self._target, name) and not await copies.has_slot(self._source, name):
            tell(f"{self._from} has lost what it kept for the copy, which begins anew")
            await self._withdraw()
        await self._begin()
        while (progress := await copies.select_progress(self._target, name)).tables < len(COPIED):
            await self._wait(f"copying: {progress.tables} of {len(COPIED)} tables, {progress.rows} rows of the next")
        rows = await copies.count_rows(self._target, self._id)
        tell(f"copied {rows} rows of {len(COPIED)} tables in {time.monotonic() - started:.1f} s")

    async def _begin(self) -> None:
        ends, copies = self._ends, sql.organization_copies
        await sql.departures.disown(self._target, self._id)
        days = await sql.partitions.select_days(self._source)
        today = datetime.now(UTC).date()
        await sql.partitions.ensure(self._target, days | {today + timedelta(days=n) for n in range(4)})
        with worded(ends.source_id, ends.target_id):
            await copies.publish(self._source, ends.name, self._id)
            await copies.make_slot(self._source, ends.name)
        tell(f"{self._from} keeps what is written")
        with worded(ends.target_id, ends.source_id):
            await copies.subscribe(self._target, ends.name, ends.source_url)
        tell(f"{self._to} copies")

    async def _index(self) -> None:
        await sql.organization_copies.queue_for_index(self._target, self._id)
        while await sql.organization_copies.index_step(self._target, self._id):
            await self._wait(f"indexing for search in {self._to}")
        await sql.organization_copies.analyze(self._target)
        tell("indexed for search")

    async def _depart(self) -> None:
        """Until nothing of it is under way, and everything is ready to refuse writes."""
        await self._lease.take()
        await self._retry(sql.departures.begin)
        tell("no check and no alert is begun any more")
        while any(under_way := await sql.departures.select_under_way(self._source, self._id)):
            await self._wait("waiting for {} checks and {} alerts under way".format(*under_way))
        await sql.departures.insert_departed_monitors(self._source, self._id)
        await self._retry(sql.fences.install)
        tell("nothing is under way")

    async def _fence(self) -> None:
        """Refuse writes, and see the target have all of them."""
        while True:
            await sql.organization_moves.insert_mark(self._source, self._id)
            behind = await self._follow()
            if behind > CLOSE_SECONDS:
                await self._wait(f"{self._to} was {behind:.1f} s behind")
                continue
            started = time.monotonic()
            if not await sql.fences.close(self._source, self._id):
                await self._wait("waiting for writers of the organization, or for results to be summed up")
                continue
            tell(f"{self._to} was {behind * 1000:.0f} ms behind; writes are refused")
            await sql.departures.insert_departed_monitors(self._source, self._id)
            if await self._follow(at_most=FENCE_SECONDS) < FENCE_SECONDS:
                break
            await sql.fences.open_again(self._source, self._id)
            tell(f"{self._to} is too slow; writes go on, and this is tried again")
        self._fenced_at = started
        if not await sql.fences.seal(self._source, self._id):
            raise ConfigError(f"{self._from} does not refuse writes any more; run the same again")
        await self._lease.end()
        await sql.organization_moves.set_step(self._directory, self._id, ARRIVING)

    async def _arrive(self) -> None:
        """The target lets its agents and callers in. It commits for certain, and all that it has copied before."""
        await self._follow()
        async with self._target.transaction():
            await self._target.execute("SET LOCAL synchronous_commit = on")
            await sql.organization_copies.disable(self._target, self._ends.name)
            await sql.organization_copies.queue_for_index(self._target, self._id)
            await sql.departures.own(self._target, self._id)
            await sql.departures.wake_agents(self._target)
        emails = await sql.organization_moves.select_emails(self._target, self._id)
        made_there = made_in(self._id) == self._ends.target_id
        await sql.organization_moves.move_home(
            self._directory, self._id, self._ends.target_id, made_there=made_there, emails=emails
        )
        if self._fenced_at is None:
            tell(f"the organization lives in {self._to}")
        else:
            milliseconds = (time.monotonic() - self._fenced_at) * 1000
            tell(f"the organization lives in {self._to}; writes were refused for {milliseconds:.0f} ms")

    async def _leave(self) -> None:
        """Remove what the source has, once nobody asks for it any more."""
        mark = await sql.organization_moves.select_mark(self._target, self._id)
        if mark is not None:
            await sql.smtp_check_rollups.roll_up_one(self._target, self._id, mark.rolled_up_to)
        await sql.departures.insert_missing_locations(self._target, self._id)
        await sql.departures.delete_departed_monitors(self._target, self._id)
        await move_ends.end_copy(self._ends)
        tell(f"the copy has ended; what {self._from} has left is removed in {SETTLE_SECONDS:g} s")
        await asyncio.sleep(SETTLE_SECONDS)
        await self._retry(sql.fences.remove)
        tell(f"removing what {self._from} has left")
        await self._remove(self._source)
        await sql.organization_moves.delete_mark(self._target, self._id)
        await sql.organization_moves.delete(self._directory, self._id)
        tell("done")

    async def _withdraw(self) -> None:
        """Both cells as before the copy."""
        await move_ends.end_copy(self._ends)
        tell("the copy has ended")
        await self._retry(sql.fences.remove)
        await sql.departures.delete_departed_monitors(self._source, self._id)
        await sql.organization_moves.delete_mark(self._source, self._id)
        tell(f"removing what {self._to} has copied")
        await sql.departures.disown(self._target, self._id)
        await self._remove(self._target)
        lived_there = await sql.departures.has_departed_monitors(self._target, self._id)
        if not lived_there and made_in(self._id) != self._ends.target_id:
            await sql.departures.own(self._target, self._id)

    async def _remove(self, db: "sql.connection.Connection") -> None:
        more = True
        while more:
            async with db.transaction():
                if await sql.retention.try_lock(db):
                    more = await sql.organization_removals.step_departed(db, organization_id=self._id)
            await asyncio.sleep(PAUSE)
        await sql.organization_moves.delete_mark(db, self._id)

    async def _follow(self, *, at_most: float = float("inf")) -> float:
        """How many seconds it takes until the target has the mark of the source."""
        started = time.monotonic()
        wanted = await sql.organization_moves.select_mark(self._source, self._id)
        while await sql.organization_moves.select_mark(self._target, self._id) != wanted:
            if (waited := time.monotonic() - started) > at_most:
                return waited
            await self._wait(f"{self._to} is behind", pause=0.005, after=TELL_SECONDS)
        return time.monotonic() - started

    async def _retry(self, change: Callable[..., Awaitable[str | None]]) -> None:
        """Until nobody holds what it needs."""
        while (table := await change(self._source, self._id)) is not None:
            await self._wait(f"waiting for a lock of the table {table} in {self._from}", pause=0.5)

    async def _wait(self, line: str, *, pause: float = POLL, after: float = 0.0) -> None:
        """Tell it, but not too often."""
        now = time.monotonic()
        if now - self._told_at > max(TELL_SECONDS, after):
            self._told_at = now
            errors = await sql.organization_copies.select_errors(self._target, self._ends.name)
            tell(f"{line}; failed {errors} times, see the log of {self._to}" if errors else line)
        await self._lease.renew()
        await asyncio.sleep(pause)
