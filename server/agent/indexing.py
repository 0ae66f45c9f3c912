"""Brings the index of monitors up to date: it is not part of a PATCH, and takes little of what PATCHes need."""

import asyncio

import asyncpg

import sql
from sql.connection import FAILURES
from sql.outages import outage

EVERY_SECONDS = 1.0
AT_ONCE = 2000  # monitors, each of which takes 40 µs
# A step that took a second is followed by 25 seconds of rest: under a twenty-fifth of a core, until all are indexed.
REST = 25
RETRY = 5.0  # seconds after a failure, of which most was spent waiting


async def run(pool: asyncpg.Pool) -> None:
    """Index what changes, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        taken, started = 0, loop.time()
        try:
            async with pool.acquire() as connection, connection.transaction():
                taken = await sql.smtp_monitor_index.index_some(connection, AT_ONCE)
            outage.worked("indexing")
        except FAILURES as error:
            outage.failed("indexing", error)
            await asyncio.sleep(RETRY)
            continue
        rest = REST * (loop.time() - started)
        await asyncio.sleep(rest if taken == AT_ONCE else max(rest, EVERY_SECONDS))
