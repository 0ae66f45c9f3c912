"""An organization under removal: from the mark on, no check begins, no incident opens and no alert leaves."""

from uuid import uuid4

import asyncpg

import sql
import sql.demo
from server.serving.config import Config
from sql.rows import Key
from tests.fleet.engine import EVERYTHING, agent_config, break_down, ended, location_id, mailbox, running, stationed


async def test_no_check_begins(db: asyncpg.Connection) -> None:
    async def claimed() -> list[int]:
        await sql.smtp_monitor_locations.trigger(db, EVERYTHING, sql.demo.MONITOR)
        await db.execute("UPDATE smtp_monitor_locations SET due_at = now() WHERE smtp_monitor_id = 200")
        rows = await sql.smtp_monitor_locations.claim(db, await location_id(db), uuid4(), limit=100)
        return [row["smtp_monitor_id"] for row in rows if row["checks"]]

    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25)
        await sql.organization_removals.mark(db, 1)
        assert await claimed() == []
        await db.execute("UPDATE organizations SET deleted_at = NULL")
        assert await claimed() == [200]


async def test_a_check_that_ends_opens_no_incident(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25)
        await db.execute("UPDATE smtp_monitor_locations SET checked_at = now() WHERE smtp_monitor_id = 200")
        [standing] = await sql.incidents.select_standings(db, [Key(1, 200)])
        assert not standing["silent"]
        await sql.organization_removals.mark(db, 1)
        [standing] = await sql.incidents.select_standings(db, [Key(1, 200)])
        assert standing["silent"]


async def test_no_alert_leaves(db: asyncpg.Connection, config: Config) -> None:
    async with mailbox() as relay, stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
        await sql.organization_removals.mark(db, 1)
        assert await sql.alerts.lease(db, ["email"], limit=10) == []
        assert await sql.alerts.seconds_to_next(db, ["email"]) is None
        await db.execute("UPDATE organizations SET deleted_at = NULL")
        async with running(agent_config(config, relay)):
            await ended(watched, 1)
    assert len(relay.sink.messages) == 1


async def test_an_alert_that_is_removed_while_it_leaves_harms_no_agent(db: asyncpg.Connection, config: Config) -> None:
    async with stationed(db, "de-nbg") as watched:
        async with running(agent_config(config)):
            await break_down(watched)
        [leaving] = await sql.alerts.lease(db, ["email"], limit=10)
        await db.execute("DELETE FROM alerts")
        await sql.alerts.finish(db, 1, leaving["id"], number=1, detail="250 kept", retry_after=None)
        assert await db.fetchval("SELECT count(*) FROM alert_attempts") == 0
