"""The work for one cell, at the location of the agent: checks, alerts, upkeep and the end of what is kept."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import asyncpg

import sql
from server.access.shares import Slots
from server.agent import indexing, retention, upkeep
from server.agent.checker import Location, Runner
from server.agent.config import AgentConfig
from server.alerts.alert import Channel
from server.alerts.outbox import Outbox
from server.checks.connect import Resolve
from sql.connection import FAILURES, opened_pool
from sql.listener import Listener
from sql.loops import happens, running
from sql.outages import outage

logger = logging.getLogger(__name__)

END_SECONDS = 2.0  # for what the pool has under way at the end
RETRY = 0.5  # seconds between two looks for a database that is away, or to which the location has not been copied


@dataclass(frozen=True, slots=True)
class Cell:
    """A database that the agent works for."""

    number: int
    url: str
    pool: asyncpg.Pool


@dataclass(frozen=True, slots=True)
class Tools:
    """What the work for all cells has in common."""

    config: AgentConfig
    location: Location
    resolve: Resolve
    channels: Mapping[str, Channel]
    slots: Slots


@contextlib.asynccontextmanager
async def opened(number: int, url: str, *, pool_size: int) -> AsyncIterator[Cell]:
    """A cell, whose monitors are indexed meanwhile."""
    async with opened_pool(url, max_size=pool_size, end_seconds=END_SECONDS) as pool, running(indexing.run(pool)):
        yield Cell(number, url, pool)


async def run(cell: Cell, tools: Tools, stopping: asyncio.Event, *, directory: asyncpg.Pool) -> None:
    """Work until *stopping*. Wait for the database and the location, if they are not there yet."""
    pool, config, location = cell.pool, tools.config, tools.location
    if not await _prepare(pool, tools, stopping):
        return
    runner = Runner(
        pool,
        location,
        slots=tools.slots,
        ring=config.key_ring,
        resolve=tools.resolve,
        allowed=config.allowed,
        channels=list(tools.channels),
    )
    outbox, purging = Outbox(pool, tools.channels), asyncio.Event()

    def hear(about: str) -> None:
        if about in ("", location.code):
            runner.wake()
        if about in ("", "alerts"):
            outbox.wake()
        if about in ("", "retention"):
            purging.set()

    async with running(Listener(cell.url, {"agents": hear}).run()), asyncio.TaskGroup() as group:
        keeping = upkeep.run(
            pool,
            location.id,
            location.code,
            cell=cell.number,
            retention_days=config.retention.results,
            stopping=stopping,
        )
        ending = retention.run(pool, config.retention, purging, stopping, directory=directory)
        parts = (runner.run(stopping), outbox.run(stopping), keeping, ending)
        work = [group.create_task(part) for part in parts]
        await stopping.wait()
        hear("")
        await asyncio.wait(work)


async def _prepare(pool: asyncpg.Pool, tools: Tools, stopping: asyncio.Event) -> bool:
    """Wait for the location, and make the partitions for its results; False if stopped before."""
    while not stopping.is_set():
        try:
            if await sql.locations.select_one(pool, tools.location.code) is not None:
                await upkeep.prepare(pool, retention_days=tools.config.retention.results)
                outage.worked("preparing")
                return True
        except FAILURES as error:
            outage.failed("preparing", error)
        await happens(stopping, within=RETRY)
    return False
