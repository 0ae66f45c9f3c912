"""Which cells an agent works for: cell 0 and those that its directory names, from when to when it names them.

Each has a task, a pool and a listener of its own, so none waits for another one. Together they have
``CHECK_CONCURRENCY`` slots (``tests/cells/test_agents.py``).
"""

import asyncio
import logging
from dataclasses import dataclass, field

import asyncpg

import sql
from server.access.cells import pool_size, readable
from server.agent import check_metrics, locations, work
from server.agent.work import Cell, Tools, opened
from sql.connection import FAILURES
from sql.listener import Listener
from sql.loops import happens, running
from sql.outages import CELL, outage

logger = logging.getLogger(__name__)

POOL_SIZE = 8
LOOK_SECONDS = 60.0  # between two looks at the directory
RETRY = 0.5
BROKEN_SECONDS = 10.0  # until work that broke off, for a reason that nobody knows, is begun again


@dataclass(eq=False, slots=True)
class Work:
    """For one cell that the directory names, at one URL."""

    number: int
    url: str = field(repr=False)
    pool_size: int
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    outdated: asyncio.Event = field(default_factory=asyncio.Event)  # the locations there


class Cells:
    def __init__(self, home: Cell, tools: Tools) -> None:
        self._home = home
        self._tools = tools
        self._opened = {home}
        self._works: dict[int, Work] = {}
        self._outdated = asyncio.Event()

    def pools(self) -> list[asyncpg.Pool]:
        return [cell.pool for cell in self._opened]

    def others(self) -> dict[int, str]:
        """The URLs of all cells but 0."""
        return {number: each.url for number, each in self._works.items()}

    async def run(self, stopping: asyncio.Event) -> None:
        """Work for every cell until *stopping*."""
        listener = Listener(self._home.url, {"directory": lambda _: self._outdated.set()})
        async with asyncio.TaskGroup() as group:
            group.create_task(work.run(self._home, self._tools, stopping, directory=self._home.pool))
            async with running(listener.run()), running(self._follow(group)):
                await stopping.wait()
            for each in self._works.values():
                each.leaving.set()
        outage.several_cells = False

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        """Follow the directory for ever."""
        while True:
            self._outdated.clear()
            try:
                rows = await sql.cells.select_all(self._home.pool)
                outage.worked("reading the directory")
            except FAILURES as error:
                outage.failed("reading the directory", error)
                await asyncio.sleep(RETRY)
                continue
            self._take(readable(rows, self._tools.config.key_ring, self.others()), group)
            await happens(self._outdated, within=LOOK_SECONDS)

    def _take(self, urls: dict[int, str], group: asyncio.TaskGroup) -> None:
        """Leave the cells that are not named any more, and begin the work for new ones."""
        outage.several_cells = bool(urls)
        for number, each in list(self._works.items()):
            each.outdated.set()
            if urls.get(number) != each.url:
                self._works.pop(number).leaving.set()
        for number, url in urls.items():
            if number not in self._works:
                self._works[number] = Work(number, url, pool_size(len(urls) + 1, most=POOL_SIZE))
                group.create_task(self._work(self._works[number]))

    async def _work(self, mine: Work) -> None:
        """Until the cell is left. What breaks off is begun again, and hurts no other cell."""
        CELL.set(mine.number)
        logger.info("agent works for cell %d", mine.number)
        while not mine.leaving.is_set():
            try:
                await self._work_once(mine)
            except Exception:
                logger.exception("the work for cell %d broke off, and is begun again", mine.number)
                await happens(mine.leaving, within=BROKEN_SECONDS)
        outage.forget()
        check_metrics.at(self._tools.location.code).left(mine.number)
        logger.info("agent has left cell %d", mine.number)

    async def _work_once(self, mine: Work) -> None:
        async with opened(mine.number, mine.url, pool_size=mine.pool_size) as cell:
            self._opened.add(cell)
            try:
                async with running(locations.follow(self._home.pool, cell.pool, mine.outdated)):
                    await work.run(cell, self._tools, mine.leaving, directory=self._home.pool)
            finally:
                self._opened.remove(cell)
