"""How a worker opens a cell: what of it runs, with which limits, and how it ends."""

import contextlib
import functools
from collections.abc import AsyncIterator, Callable

from server.access.callers import Callers
from server.access.cells import Cell, Cells, Opening, pool_size
from server.access.session_uses import SessionUses
from server.access.tail import Tail
from server.http import database_metrics
from server.serving import batch_metrics
from server.serving.config import Config
from sql import smtp_monitor_lookups, smtp_monitor_patches
from sql.batches import Batcher
from sql.connection import UNAVAILABLE, opened_pool
from sql.listener import Listener
from sql.loops import running

Hear = Callable[[str], None]

END_SECONDS = 5.0  # for what the pool has under way at the end
POOL_SIZE = 10  # connections of a worker to the one cell that most servers have, beside three of its own


def opener(config: Config, callers: Callable[[], Callers], hear_directory: Hear) -> Callable[[int, str, int], Opening]:
    return functools.partial(_opened, config, callers, hear_directory)


@contextlib.asynccontextmanager
async def _opened(
    config: Config, callers: Callable[[], Callers], hear_directory: Hear, number: int, url: str, cells: int
) -> AsyncIterator[Cell]:
    rows = config.group_commit_rows
    patches = Batcher(url, smtp_monitor_patches.STATEMENTS, max_rows=rows, observer=batch_metrics.WRITES)
    lookups = Batcher(url, smtp_monitor_lookups.STATEMENTS, max_rows=rows, observer=batch_metrics.READS)
    size = pool_size(cells, most=POOL_SIZE)
    async with opened_pool(url, max_size=size, end_seconds=END_SECONDS) as pool:
        tail = Tail(number, pool)
        hears: dict[str, Hear] = {"callers": lambda changed: callers().forget(number, changed), "events": tail.hear}
        if number == 0:
            hears["directory"] = hear_directory
        listener = Listener(url, hears)
        uses = SessionUses(pool, lambda session_ids: callers().keep_only(number, session_ids))
        async with contextlib.AsyncExitStack() as stack:
            for work in (patches, lookups, listener, uses, tail):
                await stack.enter_async_context(running(work.run()))
            yield Cell(number, pool, patches, lookups, listener, uses, tail)
        with contextlib.suppress(*UNAVAILABLE):
            await uses.flush()


@contextlib.asynccontextmanager
async def following(cells: Cells) -> AsyncIterator[None]:
    """With cell 0 open, and the directory read when it changes."""
    await cells.get(0)
    try:
        async with running(database_metrics.watch(cells.pools)), running(cells.run()):
            yield
    finally:
        await cells.close()
