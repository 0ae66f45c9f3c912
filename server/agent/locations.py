"""Locations are made in cell 0 alone. Agents copy them to the other cells, and their ids with them.

So every cell schedules its monitors at all locations. One that was away gets them when it is back
(``tests/cells/test_agent_locations.py``).
"""

import asyncio

import asyncpg

import sql
from sql.connection import FAILURES
from sql.loops import happens
from sql.outages import outage

EVERY_SECONDS = 60.0
RETRY = 1.0


async def follow(directory: asyncpg.Pool, cell: asyncpg.Pool, outdated: asyncio.Event) -> None:
    """Copy the locations for ever, every minute or when they are *outdated*."""
    while True:
        outdated.clear()
        copied = await _copy(directory, cell)
        await happens(outdated, within=EVERY_SECONDS if copied else RETRY)


async def _copy(directory: asyncpg.Pool, cell: asyncpg.Pool) -> bool:
    try:
        rows = await sql.locations.select_all(directory)
    except FAILURES:
        return False  # cell 0 is away, which those who work for it tell
    try:
        await sql.locations.copy(cell, rows)
    except FAILURES as error:
        outage.failed("copying locations", error)
        return False
    outage.worked("copying locations")
    return True
