"""Checks that are asked for: at a location one waits at most, and begins when the one before is old enough."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

import sql
from tests.conftest import MONITOR, Api
from tests.fleet.engine import Watched, agent_config, eventually, found, location_id, running, stationed
from tests.fleet.test_schedule import claim
from tests.probe import scripted_smtp
from tests.probe.scripted_smtp import Step

PATH = f"/api/smtp-monitors/{MONITOR}/trigger-check"
FLOOR = timedelta(seconds=10)
SCRIPT: list[Step] = [b"220 mail\r\n", "EHLO", b"250 mail\r\n", "QUIT", b"221 bye\r\n"]


async def trigger(api: Api) -> dict[str, Any]:
    response = await api.call("POST", PATH)
    assert response.status == 200
    answer: dict[str, Any] = await response.json()
    return answer


async def row(db: asyncpg.Connection) -> asyncpg.Record:
    found = await db.fetchrow("SELECT *, xmin, xmax FROM smtp_monitor_locations WHERE smtp_monitor_id = 200")
    assert found is not None
    return found


async def end(db: asyncpg.Connection) -> None:
    """As if the check under way had ended."""
    await sql.partitions.maintain(db, retention_days=35)
    async with db.transaction():
        await sql.smtp_checks.insert(db, await location_id(db), [found(1, 200, datetime.now(UTC))])


async def age(db: asyncpg.Connection, seconds: float) -> None:
    """As if the last check had begun that much earlier, and the time of the next had come."""
    await db.execute(
        "UPDATE smtp_monitor_locations SET begun_at = begun_at - make_interval(secs => $1), due_at = now() "
        "WHERE smtp_monitor_id = 200",
        seconds,
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("status", ["active", "disabled"])
async def test_one_check_waits_however_often_it_is_asked_for(api: Api, db: asyncpg.Connection, status: str) -> None:
    async with stationed(db, "de-nbg", "us-nyc") as watched:
        await watched.watch(25, status=status)
        first = await trigger(api)
        assert first["locationCodes"] == ["de-nbg", "us-nyc"]
        assert first["alreadyQueued"] == []
        assert await claim(db, "us-nyc") == [200]
        again = await trigger(api)
        assert again["locationCodes"] == ["de-nbg", "us-nyc"]
        assert again["queueNames"] == ["smtp-monitor-checks-de-nbg", "smtp-monitor-checks-us-nyc"]
        assert again["alreadyQueued"] == ["de-nbg"]
        assert (await trigger(api))["alreadyQueued"] == ["de-nbg", "us-nyc"]
        assert await claim(db) == [200]
        assert await claim(db) == []


async def test_one_that_waits_is_not_written_again(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, status="disabled")
        await trigger(api)
        before = await row(db)
        await asyncio.gather(*(trigger(api) for _ in range(20)))
        assert await row(db) == before


async def test_it_begins_when_the_one_before_has_ended_and_is_old_enough(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, status="disabled")
        started = datetime.now(UTC)
        answer = await trigger(api)
        assert timedelta(0) <= moment(answer["dueAt"]["de-nbg"]) - started + timedelta(seconds=1) < FLOOR
        assert await claim(db) == [200]
        begun = (await row(db))["begun_at"]
        answer = await trigger(api)
        assert abs(moment(answer["dueAt"]["de-nbg"]) - begun - FLOOR) < timedelta(milliseconds=1)
        await age(db, 10)
        assert await claim(db) == [], "the one before is under way"
        await age(db, -10)
        await end(db)
        assert await claim(db) == [], "it is too young"
        assert (await row(db))["due_at"] == begun + FLOOR
        await age(db, 5)
        assert await claim(db) == []
        await age(db, 5)
        assert await claim(db) == [200]
        assert not (await row(db))["triggered"]


async def test_a_check_on_the_grid_counts_for_one_that_waits(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25)
        await trigger(api)
        assert await claim(db) == [200]
        await end(db)
        await trigger(api)
        await age(db, 0)
        await db.execute("UPDATE smtp_monitor_locations SET slot = '2026-01-01Z'")
        assert await claim(db) == [200]
        assert not (await row(db))["triggered"]


async def count_for(watched: Watched, api: Api, seconds: float) -> int:
    """Ask without a pause; how many checks were made."""
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        await trigger(api)
    return await watched.count()


@pytest.mark.slow
async def test_asking_without_a_pause_makes_one_check(api: Api, db: asyncpg.Connection) -> None:
    async with scripted_smtp.serve(SCRIPT) as server, stationed(db, "de-nbg") as watched:
        await watched.watch(server.port, status="disabled")
        async with running(agent_config(api.config)):
            assert await count_for(watched, api, 2) == 1
            await age(db, 7)

            async def again() -> bool:
                return await watched.count() == 2

            assert await eventually(again)
