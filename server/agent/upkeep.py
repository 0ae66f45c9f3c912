"""Periodic work of the agents, done by the one that comes first: partitions, roll-ups, reminders."""

import asyncio
import logging

import asyncpg

import sql
from server.agent import check_metrics, states
from sql.connection import FAILURES
from sql.loops import happens
from sql.outages import outage

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 3.0
UPKEEP_SECONDS = 600.0
STALE_SECONDS = 60.0  # reads every monitor
CHANNEL_SETTINGS = {"email": "SMTP_RELAY_URL", "sms": "SMS_GATEWAY_URL"}  # every agent posts to webhooks


async def prepare(pool: asyncpg.Pool, *, retention_days: int) -> None:
    """Make the partitions that results are stored in. Roll up and drop old results."""
    async with pool.acquire() as connection:
        await sql.partitions.maintain(connection, retention_days=retention_days)
        await sql.smtp_check_rollups.roll_up(connection)


async def sweep(pool: asyncpg.Pool, *, stale: bool = False) -> None:
    """Give the checks of dead agents to others, close the incidents of disabled monitors, remind of
    open ones, tell of alerts that nobody can deliver, and give them up in the end. Put states right, of *stale*
    monitors, too.
    """
    async with pool.acquire() as connection, connection.transaction():
        if not await sql.incidents.try_lock(connection):
            return
        await sql.agents.bury(connection)
        closed = await sql.incidents.close_disabled(connection)
        reminded = await sql.incidents.remind(connection)
        for kind, keys in (("incident_closed", closed), ("incident_reminder", reminded)):
            if keys:
                await sql.alerts.insert_of_incidents(connection, kind, keys)
        for row in await sql.undeliverable_alerts.insert_attempts(connection, list(CHANNEL_SETTINGS)):
            words = (row["channel"], row["alerts"], CHANNEL_SETTINGS[row["channel"]])
            logger.warning("no agent delivers alerts by %s: %d waiting; set %s", *words)
        await sql.undeliverable_alerts.give_up(connection)
        await states.sweep(connection, stale=stale)


async def run(
    pool: asyncpg.Pool, location_id: int, code: str, *, cell: int, retention_days: int, stopping: asyncio.Event
) -> None:
    """Sweep and prepare until *stopping*. What fails is tried again the next time."""
    loop = asyncio.get_running_loop()
    prepared = looked = loop.time()
    while not stopping.is_set():
        try:
            if loop.time() - prepared > UPKEEP_SECONDS:
                await prepare(pool, retention_days=retention_days)
                prepared = looked = loop.time()
            stale = loop.time() - looked >= STALE_SECONDS
            await sweep(pool, stale=stale)
            looked = loop.time() if stale else looked
            check_metrics.at(code).due(cell, await sql.smtp_monitor_locations.count_due(pool, location_id))
            outage.worked("upkeep")
        except FAILURES as error:
            outage.failed("upkeep", error)
        await happens(stopping, within=SWEEP_SECONDS)
