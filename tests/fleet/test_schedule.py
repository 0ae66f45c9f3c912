"""When checks are due: on a grid, spread, once, and as the monitor is now."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

import sql
from sql.rows import Key
from tests.conftest import Api
from tests.fleet.engine import eventually, location_id, stationed

AGENT = uuid4()


async def make_due(db: asyncpg.Connection, *, seconds_ago: float = 0) -> None:
    """As if the time of monitor 200 had come: its last slot is long ago."""
    await db.execute(
        "UPDATE smtp_monitor_locations SET due_at = now() - make_interval(secs => $1), slot = '2026-01-01Z' "
        "WHERE smtp_monitor_id = 200",
        seconds_ago,
    )


async def claim(db: asyncpg.Connection, code: str = "de-nbg") -> list[int]:
    rows = await sql.smtp_monitor_locations.claim(db, await location_id(db, code), AGENT, limit=100)
    return [row["smtp_monitor_id"] for row in rows if row["checks"]]


async def test_due_times_stay_on_their_grid(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, check_interval=60)
        await db.execute("UPDATE smtp_monitor_locations SET grid_offset = 0.25")
        for late in (0.0, 0.7, 61.0, 3600.5):
            await make_due(db, seconds_ago=late)
            async with db.transaction():  # in which now() stands still
                assert await claim(db) == [200]
                now = await db.fetchval("SELECT now()")
            row = await db.fetchrow("SELECT * FROM smtp_monitor_locations WHERE smtp_monitor_id = 200")
            assert row is not None
            assert row["due_at"].second == 15
            assert row["due_at"].microsecond == 0
            assert timedelta(0) < row["due_at"] - now <= timedelta(seconds=60)
            assert row["slot"] == row["due_at"] - timedelta(seconds=60)
            assert await claim(db) == []
            await db.execute("UPDATE smtp_monitor_locations SET running_until = NULL")


@pytest.mark.parametrize("interval", [10, 17, 59, 60, 86400])
async def test_a_slot_is_its_own_and_the_next_is_one_interval_later(db: asyncpg.Connection, interval: int) -> None:
    query = """
        WITH slots AS (
            SELECT o, slot_before(t, $1, o) AS slot, t
              FROM generate_series(0, 0.99, 0.03) AS o,
                   generate_series('2026-11-24T07:00:00Z'::timestamptz, '2026-11-24T07:05:00Z', '7.3 s') AS t
        )
        SELECT count(*) FILTER (WHERE slot > t + interval '1 ms'),
               count(*) FILTER (WHERE slot <= t - make_interval(secs => $1)),
               count(*) FILTER (WHERE slot_before(slot, $1, o) <> slot),
               count(*) FILTER (WHERE slot_before(slot + make_interval(secs => $1), $1, o)
                                      - slot - make_interval(secs => $1) NOT BETWEEN '-1 us' AND '1 us')
          FROM slots
    """
    row = await db.fetchrow(query, interval)
    assert row is not None
    assert tuple(row) == (0, 0, 0, 0)


async def test_first_checks_are_spread_over_the_interval(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg"):
        before = await db.fetchval("SELECT clock_timestamp()")
        await db.execute("""
            INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, check_interval)
            SELECT 1, 10, 'Spread', 'a.example', CASE WHEN n <= 600 THEN 60 ELSE 86400 END
              FROM generate_series(1, 1200) AS n
        """)
        query = """
            SELECT m.check_interval, array_agg(l.due_at ORDER BY l.due_at) AS due
              FROM smtp_monitor_locations l
              JOIN smtp_monitors m ON m.id = l.smtp_monitor_id
             WHERE m.name = 'Spread'
             GROUP BY m.check_interval
             ORDER BY m.check_interval
        """
        rows = await db.fetch(query)
        for length, row in zip((60, 300), rows, strict=True):  # nobody waits a day for the first
            due: list[datetime] = row["due"]
            assert before <= due[0]
            assert due[-1] - due[0] <= timedelta(seconds=length)
            parts = {int((moment - due[0]).total_seconds() / length * 6) for moment in due}
            assert parts >= {0, 1, 2, 3, 4, 5}


async def test_two_agents_share_a_location_and_never_a_check(db: asyncpg.Connection, api: Api) -> None:
    async with stationed(db, "de-nbg"):
        await db.execute("""
            INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname)
            SELECT 1, 10, 'Shared', 'a.example' FROM generate_series(1, 300);
            UPDATE smtp_monitor_locations SET due_at = now() WHERE due_at < '3000-01-01'
        """)
        here = await location_id(db)
        connections = [await asyncpg.connect(api.config.database_url) for _ in range(4)]

        async def work(connection: asyncpg.Connection) -> list[int]:
            claimed: list[int] = []
            while rows := await sql.smtp_monitor_locations.claim(connection, here, uuid4(), limit=7):
                claimed += [row["smtp_monitor_id"] for row in rows if row["checks"]]
            return claimed

        claims = await asyncio.gather(*map(work, connections))
        for connection in connections:
            await connection.close()
        every = [monitor for claimed in claims for monitor in claimed]
        assert len(every) == len(set(every)) == 300


async def test_what_is_under_way_is_not_begun_again_until_it_is_lost(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, check_interval=10, timeout_seconds=30)
        await make_due(db)
        assert await claim(db) == [200]
        await make_due(db)
        assert await claim(db) == [], "the first is still under way"
        await db.execute("UPDATE smtp_monitor_locations SET running_until = now() - interval '1 s'")
        await make_due(db)
        assert await claim(db) == [200]


@pytest.mark.parametrize(
    ("change", "checked"),
    [
        ({"status": "disabled"}, False),
        ({"status": "maintenance"}, True),
        ({"status": "active"}, True),
        ({"allowedCheckCountryCodes": ["US"]}, False),
        ({"allowedCheckCountryCodes": ["US", "DE"]}, True),
        ({"checkInterval": 86400}, True),
    ],
)
async def test_a_patch_counts_from_the_next_claim_on(
    api: Api, db: asyncpg.Connection, change: dict[str, object], checked: bool
) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25)
        await make_due(db)
        assert (await api.patch(change)).status == 200
        assert await claim(db) == ([200] if checked else [])


async def test_a_shorter_interval_and_an_enabled_monitor_are_noticed_within_a_minute(
    api: Api, db: asyncpg.Connection
) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, check_interval=86400)
        await make_due(db)
        assert await claim(db) == [200]
        next_look = (
            "SELECT due_at - now() <= interval '1 minute' FROM smtp_monitor_locations WHERE smtp_monitor_id = 200"
        )
        assert await db.fetchval(next_look)
        await db.execute("UPDATE smtp_monitor_locations SET due_at = now(), running_until = NULL")
        await db.execute("UPDATE smtp_monitors SET status = 'disabled' WHERE id <> 200")
        assert await claim(db) == [], "looked at, but not due for a day"
        await api.patch({"checkInterval": 10})
        await db.execute("UPDATE smtp_monitor_locations SET due_at = now(), slot = now() - interval '11 s'")
        assert await claim(db) == [200]


async def test_a_new_monitor_is_scheduled_at_every_location(api: Api, db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg", "us-nyc"):
        row = await sql.smtp_monitors.insert(db, 1, 10, uuid4(), {"name": "New", "hostname": "a.example"})
        query = "SELECT count(*) FROM smtp_monitor_locations WHERE smtp_monitor_id = $1"
        assert await db.fetchval(query, row["id"]) == 2


async def test_what_a_dead_agent_had_begun_is_due_at_once(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25, check_interval=86400)
        await sql.agents.upsert(db, AGENT, await location_id(db), ["webhook"])
        await make_due(db)
        assert await claim(db) == [200]
        await sql.agents.bury(db)
        assert await claim(db) == [], "it lives"
        # those of a database that has just started are given time to show themselves
        query = "SELECT pg_postmaster_start_time() < now() - $1::interval"
        await eventually(lambda: db.fetchval(query, sql.agents.DEAD_AFTER))
        await db.execute("UPDATE agents SET seen_at = now() - interval '7 s'")
        await sql.agents.bury(db)
        assert await claim(db) == [200]
        assert await db.fetchval("SELECT count(*) FROM agents") == 0


async def test_a_claim_whose_answer_was_lost_is_given_back(db: asyncpg.Connection) -> None:
    async with stationed(db, "de-nbg") as watched:
        await watched.watch(25)
        here = await location_id(db)
        await make_due(db)
        assert await claim(db) == [200]
        await sql.smtp_monitor_locations.release_unknown(db, here, AGENT, [Key(1, 200)])
        assert await claim(db) == [], "known"
        await sql.smtp_monitor_locations.release_unknown(db, here, uuid4(), [])
        assert await claim(db) == [], "another's"
        await sql.smtp_monitor_locations.release_unknown(db, here, AGENT, [])
        assert await claim(db) == [200]
