"""What a result changes, once."""

from datetime import datetime

import asyncpg

import sql
from server.checks.outcome import Phase
from server.serving.config import Config
from sql.smtp_checks import NAMES
from tests.conftest import MONITOR, Api
from tests.fleet.engine import agent_config, found, location_id, mailbox, running, stationed


def test_the_time_of_each_phase_has_its_column() -> None:
    times = [f"{phase.value}_ms" for phase in Phase]
    assert [name for name in NAMES if name.endswith("_ms")] == [*times, "total_ms"]


async def test_a_result_is_counted_once(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg"):
        async with db.transaction():
            await sql.partitions.maintain(db, retention_days=35)
        here = await location_id(db)
        moment: datetime = await db.fetchval("SELECT now()")
        refused = found(1, 200, moment)
        for _ in range(2):
            async with db.transaction():
                await sql.smtp_checks.insert(db, here, [refused, found(1, 999_999, moment)])
        row = await db.fetchrow("SELECT failures, successes FROM smtp_monitor_locations WHERE smtp_monitor_id = 200")
        assert row is not None
        assert tuple(row) == (1, 0)
        assert await db.fetchval("SELECT count(*) FROM smtp_checks WHERE smtp_monitor_id = 200") == 1
        assert (
            await db.fetchval("SELECT last_checked_at FROM smtp_monitor_states WHERE smtp_monitor_id = 200") == moment
        )


async def test_the_monitor_shows_when_it_was_checked_last(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg"):
        await sql.partitions.maintain(db, retention_days=35)
        moment = await db.fetchval("SELECT date_trunc('milliseconds', now())")
        async with db.transaction():
            await sql.smtp_checks.insert(db, await location_id(db), [found(1, 200, moment)])
        answer = await (await api.get(monitor=MONITOR)).json()
        assert datetime.fromisoformat(answer["lastCheckedAt"]) == moment


async def test_a_day_without_partition_gets_one_before_results_are_lost(db: asyncpg.Connection, config: Config) -> None:
    async with mailbox() as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port)
        async with running(agent_config(config)):
            await watched.check()
            for table in sql.partitions.TABLES:
                for name in (await sql.partitions.select(db, table)).values():
                    await db.execute(f"DROP TABLE {name}")
            await watched.check()
        today = await db.fetchval("SELECT max(checked_at) FROM smtp_checks")
        for table in sql.partitions.TABLES:
            assert today.date() in await sql.partitions.select(db, table)
