"""One agent works for every cell of the directory, and none of them waits for another one."""

import socket
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

import sql
from server.access import cells
from server.serving.config import Config
from sql.connection import Reach
from tests.cells.conftest import North
from tests.cells.line import Line
from tests.fleet.engine import Watched, agent_config, break_down, ended, eventually, mailbox, running, stationed
from tests.fleet.test_fairness import Tarpit


class Checked:
    """The one monitor of the second cell, and how often it was checked."""

    def __init__(self, north: North) -> None:
        self.db = north.db
        self.organization_id = north.organization_id

    async def watch(self, port: int) -> None:
        query = "UPDATE smtp_monitors SET hostname = '127.0.0.1', port = $1, notification_email = 'ops@example.com'"
        await self.db.execute(query, port)

    async def count(self) -> int:
        return int(await self.db.fetchval("SELECT count(*) FROM smtp_checks"))

    async def is_scheduled(self) -> bool:
        return bool(await self.db.fetchval("SELECT count(*) FROM smtp_monitor_locations"))

    async def check(self) -> None:
        """Make it due, as soon as it is scheduled, and wait for its result."""
        await eventually(self.is_scheduled)
        before = await self.count()
        await self.db.execute("UPDATE smtp_monitor_locations SET begun_at = NULL")
        monitor = await self.db.fetchval("SELECT public_id FROM smtp_monitors")
        assert await sql.smtp_monitor_locations.trigger(self.db, Reach(None, None), monitor)

        async def more() -> bool:
            return await self.count() > before

        await eventually(more)


@pytest.fixture
async def checked(north: North) -> AsyncIterator[Checked]:
    yield Checked(north)
    await north.db.execute("TRUNCATE smtp_checks, smtp_check_hours, smtp_check_days")


async def is_told(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return any(words in message for message in caplog.messages)


async def checks_in_time(watched: Watched, *, seconds: float) -> bool:
    """Whether each check of so many seconds ends within one second after it was asked for."""
    longest, until = 0.0, time.monotonic() + seconds
    while time.monotonic() < until:
        asked = time.monotonic()
        await watched.check()
        longest = max(longest, time.monotonic() - asked)
    return longest < 1


async def name_cell(db: asyncpg.Connection, config: Config, url: str) -> None:
    await sql.cells.insert(db, 1, config.key_ring.encrypt(url, cells.bound_to(1)))


async def test_a_monitor_of_another_cell_is_checked_and_told_of_there(
    db: asyncpg.Connection, config: Config, checked: Checked
) -> None:
    async with mailbox() as relay, stationed(db, "de-nbg"), running(agent_config(config, relay)):
        await checked.watch(1)  # where nobody listens
        await checked.check()
        await checked.check()

        async def told() -> bool:
            return len(relay.sink.messages) == 1

        await eventually(told)
        query = "SELECT organization_id, location_codes FROM incidents WHERE closed_at IS NULL"
        [incident] = await checked.db.fetch(query)
        assert tuple(incident) == (checked.organization_id, ["de-nbg"])

        async def delivered() -> bool:
            states = await checked.db.fetch("SELECT state FROM alerts")
            return [row["state"] for row in states] == ["delivered"]

        await eventually(delivered)
        for table in ("incidents", "alerts", "smtp_checks"):
            assert await db.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_a_cell_that_never_answers_delays_no_check_and_no_alert_of_another(
    db: asyncpg.Connection, config: Config, checked: Checked, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # the system accepts, and nobody answers
        await sql.cells.delete(db, 1)
        await name_cell(db, config, f"postgresql://nobody@127.0.0.1:{listening.getsockname()[1]}/north")
        async with mailbox() as box, stationed(db, "de-nbg") as watched, running(agent_config(config, box)):
            await watched.watch(box.port)
            await eventually(lambda: is_told(caplog, "database of cell 1 unavailable"))
            assert await checks_in_time(watched, seconds=2)
            await break_down(watched)
            assert [alert["state"] for alert in await ended(watched, 1)] == ["delivered"]
            assert not await is_told(caplog, "cell 0")


@pytest.mark.slow
async def test_a_cell_that_falls_silent_keeps_no_slots_and_goes_on_afterwards(
    db: asyncpg.Connection, config: Config, north: North, checked: Checked, caplog: pytest.LogCaptureFixture
) -> None:
    async with Line(north.url).open() as line, mailbox() as server, stationed(db, "de-nbg") as watched:
        await sql.cells.delete(db, 1)
        await name_cell(db, config, line.url)
        await watched.watch(server.port)
        await checked.watch(server.port)
        async with running(agent_config(config, concurrency=1)):
            await checked.check()
            # so that it claims, and the claim gets no answer
            await north.db.execute("UPDATE smtp_monitor_locations SET due_at = now() + interval '0.5 s'")
            await north.db.execute("SELECT pg_notify('agents', 'de-nbg')")
            with line.silenced():
                await eventually(lambda: is_told(caplog, "database of cell 1 unavailable"))
                # a claim of the silent cell has the slot once, until it times out; another one would follow at once
                await eventually(lambda: checks_in_time(watched, seconds=4))
            await eventually(lambda: is_told(caplog, "database of cell 1 available again"))
            await checked.check()


async def test_a_cell_is_worked_for_from_when_it_is_named_until_it_is_not(
    db: asyncpg.Connection, config: Config, north: North, checked: Checked
) -> None:
    await sql.cells.delete(db, 1)
    async with mailbox() as server, stationed(db, "de-nbg"), running(agent_config(config)):
        await checked.watch(server.port)
        for _ in range(2):
            await name_cell(db, config, north.url)
            await checked.check()
            await sql.cells.delete(db, 1)

            async def left() -> bool:
                agents: int = await north.db.fetchval("SELECT count(*) FROM agents")
                return agents == 0

            await eventually(left)
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

        async def nobody_there() -> bool:
            connections: int = await north.db.fetchval(query)
            return connections == 0

        await eventually(nobody_there)


async def test_a_cell_whose_checks_never_end_leaves_slots_for_another(
    db: asyncpg.Connection, config: Config, checked: Checked
) -> None:
    async with Tarpit().open() as tarpit, mailbox() as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port)
        await checked.watch(tarpit.port)
        await checked.db.execute(
            "INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, port, timeout_seconds) "
            "SELECT organization_id, customer_id, 'Slow', hostname, port, 120 "
            "  FROM smtp_monitors, generate_series(1, 40)"
        )
        async with running(agent_config(config, concurrency=10)):
            await eventually(checked.is_scheduled)
            await checked.db.execute("UPDATE smtp_monitor_locations SET due_at = now()")
            await checked.db.execute("SELECT pg_notify('agents', 'de-nbg')")

            async def full() -> bool:
                return tarpit.held >= 8

            try:
                await eventually(full)
                await watched.check()
                assert tarpit.held < 10
            finally:
                await checked.db.execute("UPDATE smtp_monitors SET status = 'disabled'")
                tarpit.end()


async def test_a_cell_whose_url_is_of_no_use_hurts_no_other(
    db: asyncpg.Connection, config: Config, checked: Checked, caplog: pytest.LogCaptureFixture
) -> None:
    await sql.cells.insert(db, 2, b"not encrypted by any key")
    await sql.cells.insert(db, 3, config.key_ring.encrypt("postgresql://x@127.0.0.1:port/x", cells.bound_to(3)))
    async with mailbox() as server, stationed(db, "de-nbg"), running(agent_config(config)):
        await checked.watch(server.port)
        await checked.check()
        assert await is_told(caplog, "the URL of cell 2 cannot be read: no such key")
        assert await is_told(caplog, "the work for cell 3 broke off")
