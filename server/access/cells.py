"""The databases of a server, each of which is a cell, and the organizations that live in them.

An id says the cell that it was made in (migration 0027), and an organization lives where it was made, unless it was
moved: the directory in cell 0 knows those. Every worker keeps the directory in memory and LISTENs to it, so a request
costs no look-up, and all but log-in and new organizations goes on while cell 0 is away.

A cell is opened when it is first needed and closed when it was idle for a while. Everything that waits for a database
belongs to one cell: its pool, its batches, its listener. So a cell that is away or hangs takes the time, the
connections and the memory of its own requests, and of no others (``tests/cells/test_second_cell.py``).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

import sql
from server.access.cell_numbers import home_number
from server.access.key_ring import KeyRing, Undecryptable
from server.access.session_uses import SessionUses
from server.access.tail import Tail
from server.http.errors import unavailable
from sql.batches import Batcher
from sql.connection import FAILURES
from sql.listener import Listener
from sql.loops import happens
from sql.outages import outage
from sql.smtp_monitor_lookups import Lookup
from sql.smtp_monitor_patches import Patch

logger = logging.getLogger(__name__)

BUDGET = 128  # connections of the pools of a process to all cells together
IDLE_SECONDS = 300.0  # after which a cell is closed
LOOK_SECONDS = 30.0  # between two looks for idle ones
FRESH_SECONDS = 1.0  # for which the directory is not read again for a cell that it does not know
RETRY = 0.5


@dataclass(eq=False, slots=True)
class Cell:
    """One database, and what asks it."""

    number: int
    pool: asyncpg.Pool
    patches: Batcher[Patch]
    lookups: Batcher[Lookup]
    listener: Listener
    uses: SessionUses
    tail: Tail
    used_at: float = 0.0  # monotonic


Opening = contextlib.AbstractAsyncContextManager[Cell]


class Cells:
    """Cell 0 is there at once. *open_cell* opens one, by its number, its URL, and how many there are."""

    def __init__(self, ring: KeyRing, url: str, open_cell: Callable[[int, str, int], Opening]) -> None:
        self._ring = ring
        self._open_cell = open_cell
        self._urls = {0: url}
        self._homes: dict[int, int] = {}
        self._opened: dict[int, tuple[Cell, contextlib.AsyncExitStack]] = {}
        self._opening = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()
        self._outdated = asyncio.Event()
        self._read_at = float("-inf")  # monotonic
        self.alone = False  # whether it knows no other cell

    def hear(self, _: str) -> None:
        """The directory has changed."""
        self._outdated.set()

    @property
    def read_once(self) -> bool:
        """Whether the directory was."""
        return self._read_at > float("-inf")

    @property
    def numbers(self) -> list[int]:
        return sorted(self._urls)

    async def all_numbers(self) -> list[int]:
        """Of the cells that the directory knows, even if this worker has just started."""
        if not self.read_once:
            await self.read()
        return self.numbers

    @property
    def home(self) -> Cell:
        """Cell 0, which has the directory."""
        return self._opened[0][0]

    def pools(self) -> list[asyncpg.Pool]:
        """Those of the cells that are open."""
        return [cell.pool for cell, _ in self._opened.values()]

    def others(self) -> dict[int, str]:
        """The URLs of all cells but 0, open or not."""
        return {number: url for number, url in self._urls.items() if number}

    async def of_organization(self, organization_id: int) -> Cell:
        return await self.get(self.number_of(organization_id))

    def number_of(self, organization_id: int) -> int:
        """Of the cell where it lives, if there is such an organization."""
        return home_number(self._homes, organization_id)

    async def for_new_organizations(self) -> Cell:
        return await self.get(await sql.cells.select_newest_open(self.home.pool) or 0)

    async def get(self, number: int) -> Cell:
        """ApiError 503 if the directory knows no such cell."""
        if number not in self._opened:
            await self._open(number)
        cell, _ = self._opened[number]
        cell.used_at = time.monotonic()
        return cell

    async def run(self) -> None:
        """Follow the directory, and close what is idle, for ever."""
        while True:
            if await happens(self._outdated, within=LOOK_SECONDS):
                await self._follow()
            self._close_idle()

    async def read(self) -> None:
        """Take the directory as it is now."""
        rows = await sql.cells.select_all(self.home.pool)
        self._homes = await sql.cells.select_homes(self.home.pool)
        known = {0: self._urls[0]} | readable(rows, self._ring, self._urls)
        elsewhere = [number for number in self._opened if known.get(number) != self._urls.get(number)]
        self._urls, self.alone, self._read_at = known, not rows, time.monotonic()
        for number in elsewhere:
            self._close(number)

    async def close(self) -> None:
        for number in list(self._opened):
            self._close(number)
        while self._closing:
            await asyncio.wait(self._closing)

    async def _follow(self) -> None:
        self._outdated.clear()
        try:
            await self.read()
            outage.worked("reading the directory")
        except FAILURES as error:
            outage.failed("reading the directory", error)
            self._outdated.set()
            await asyncio.sleep(RETRY)

    async def _open(self, number: int) -> None:
        if not await self.knows(number):
            raise unavailable("cell_unknown")
        async with self._opening:
            if number in self._opened:
                return
            stack = contextlib.AsyncExitStack()
            opening = self._open_cell(number, self._urls[number], len(self._urls))
            cell = await stack.enter_async_context(opening)
            self._opened[number] = cell, stack

    def _close_idle(self) -> None:
        now = time.monotonic()
        for number, (cell, _) in list(self._opened.items()):
            # remembered callers bring their cell along, and ask for it nowhere
            if cell.uses.in_use or cell.tail.listened:
                cell.used_at = now
            elif number and cell.used_at < now - IDLE_SECONDS:
                self._close(number)

    def _close(self, number: int) -> None:
        """Nobody waits for it: a cell that hangs takes seconds to end."""
        _, stack = self._opened.pop(number)
        task = asyncio.create_task(stack.aclose())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def knows(self, number: int) -> bool:
        if number not in self._urls and time.monotonic() > self._read_at + FRESH_SECONDS:
            await self.read()  # a worker that has just started has not read it yet
        return number in self._urls


def bound_to(number: int) -> bytes:
    """What the encrypted URL of a cell belongs to."""
    return f"cell {number}".encode()


def readable(rows: Sequence[asyncpg.Record], ring: KeyRing, known: Mapping[int, str]) -> dict[int, str]:
    """The URLs of cells. One that no key opens stays as it is *known*, or is left out, and hurts no other cell."""
    urls: dict[int, str] = {}
    for row in rows:
        number: int = row["id"]
        try:
            urls[number] = ring.decrypt(row["url"], bound_to(number))
        except Undecryptable as error:
            logger.error("the URL of cell %d cannot be read: %s", number, error)  # noqa: TRY400
            if number in known:
                urls[number] = known[number]
    return urls


def pool_size(cells: int, *, most: int) -> int:
    """Of one cell. So many cells do not take more connections together than a few."""
    return max(2, min(most, BUDGET // cells))
