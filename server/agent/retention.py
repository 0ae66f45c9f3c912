"""The end of what is kept for a time.

Everything that grows is kept for some days after it is over, and purged by the agents in small steps: no step holds
locks or a transaction for long, and the sweep goes on meanwhile (``tests/fleet/test_retention.py``).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import asyncpg

import sql
from sql.connection import UNAVAILABLE, Connection, Executor
from sql.loops import happens
from sql.outages import outage

logger = logging.getLogger(__name__)

EVERY_SECONDS = 600.0
RETRY_SECONDS = 5.0  # if the database is away, or somebody holds what is to go
PAUSE = 0.02  # seconds between two steps
# All monitors are looked at for old changes: what took a second is done again after 300 seconds at the earliest.
SHARE = 300
Step = Callable[[Connection], Awaitable[bool]]  # whether there may be more to do


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days each thing is kept after it is over."""

    results: int = 35
    daily_results: int = 400
    changes: int = 400
    audit: int = 400
    incidents: int = 400
    alerts: int = 400
    windows: int = 400
    sessions: int = 0
    login_attempts: int = 1
    idempotency_keys: int = 1


async def run(
    pool: asyncpg.Pool,
    retention: Retention,
    woken: asyncio.Event,
    stopping: asyncio.Event,
    *,
    directory: asyncpg.Pool | None = None,
) -> None:
    """Purge until *stopping*, every ten minutes or when *woken*. Without *directory*, the pool is the directory's."""
    loop = asyncio.get_running_loop()
    changes_at = loop.time()
    while not stopping.is_set():
        done = await _purge(pool, await _removing(pool, directory) | _dated(retention), stopping)
        started = loop.time()
        if started >= changes_at:
            done &= await _purge(pool, _walking(retention), stopping)
            changes_at = loop.time() + SHARE * (loop.time() - started)
        await happens(woken, within=EVERY_SECONDS if done else RETRY_SECONDS)
        woken.clear()


async def purge(
    pool: asyncpg.Pool,
    retention: Retention,
    stopping: asyncio.Event | None = None,
    *,
    directory: asyncpg.Pool | None = None,
) -> None:
    """Purge once whatever is kept no longer."""
    steps = await _removing(pool, directory) | _dated(retention) | _walking(retention)
    await _purge(pool, steps, stopping or asyncio.Event())


async def _removing(pool: asyncpg.Pool, directory: asyncpg.Pool | None) -> dict[str, Step]:
    """The steps that remove deleted organizations."""
    marked: list[int] = []
    with contextlib.suppress(*UNAVAILABLE):
        marked = await sql.organization_removals.select_marked(pool)
    remove = partial(sql.organization_removals.step, directory=directory)
    return {f"rows of organization {marked_id}": partial(remove, organization_id=marked_id) for marked_id in marked}


def _dated(retention: Retention) -> dict[str, Step]:
    """The steps of what is found by when it was over."""
    steps: dict[str, Step] = {
        kind: partial(sql.retention.purge, kind=kind, days=getattr(retention, kind)) for kind in sql.retention.KINDS
    }
    audit = partial(sql.audit_events.purge, days=retention.audit)
    return {**steps, "audit": audit, "events": sql.events.purge}


def _walking(retention: Retention) -> dict[str, Step]:
    position: sql.retention.Position | None = sql.retention.START

    async def step(db: Executor) -> bool:
        nonlocal position
        position = await sql.retention.purge_changes(db, position or sql.retention.START, days=retention.changes)
        return position is not None

    return {"changes": step}


async def _purge(pool: asyncpg.Pool, steps: Mapping[str, Step], stopping: asyncio.Event) -> bool:
    """Take each step again and again until there is nothing more for it to do; False if one failed."""
    done = True
    for kind, step in steps.items():
        try:
            while not stopping.is_set() and await _take(pool, step):  # noqa: ASYNC110 - nothing is waited for
                await asyncio.sleep(PAUSE)
        except UNAVAILABLE as error:
            done = False
            outage.passed(f"purging {kind}", error)
        except asyncpg.PostgresError:
            logger.exception("%s were not purged", kind)
    return done


async def _take(pool: asyncpg.Pool, step: Step) -> bool:
    """One step in a transaction of its own, unless another agent is at it."""
    async with pool.acquire() as connection, connection.transaction():
        return await sql.retention.try_lock(connection) and await step(connection)
