"""An organization that is about to leave a cell, or has left it: what is still done there, and who is not hurt."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

import sql
from server.agent import retention, upkeep
from server.agent.record import Checked, record
from server.agent.retention import Retention
from server.checks.failure import Failed
from server.checks.outcome import Code
from server.checks.progress import Progress
from server.checks.target import Target
from server.cli import organization_move
from server.cli.environment import ConfigError
from server.serving.config import Config
from sql.batches import Batcher
from sql.connection import create_pool
from sql.loops import running
from sql.rows import Key
from sql.smtp_monitor_patches import STATEMENTS, Patch
from tests.cells.conftest import LEAVER, North
from tests.cells.writing import Silent
from tests.conftest import MONITOR, STRANGERS, Api, becomes


@pytest.fixture
async def pool(db: asyncpg.Connection, config: Config) -> AsyncIterator[asyncpg.Pool]:
    pool = await create_pool(config.database_url)
    yield pool
    await pool.close()


@pytest.fixture
async def departed(departing: asyncpg.Connection) -> None:
    assert await sql.fences.close(departing, LEAVER)


def patches(count: int) -> list[Patch]:
    """Of both organizations in turn, so that they share batches."""
    whose = [(1, UUID(MONITOR)), (LEAVER, UUID(STRANGERS))]
    changes = {"port": 2525}
    return [Patch(*whose[n % 2], None, None, changes, frozenset(changes), None) for n in range(count)]


async def test_every_table_with_rows_of_an_organization_is_copied_or_made_anew(db: asyncpg.Connection) -> None:
    query = """
        SELECT relname
          FROM pg_class
          JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'organization_id'
         WHERE relnamespace = 'public'::regnamespace
           AND relkind IN ('r', 'p')
           AND NOT relispartition
    """
    directory = {"organization_homes", "organization_moves", "remote_logins", "departures", "departed_smtp_monitors"}
    directory |= {"status_page_slugs"}
    tables = {row["relname"] for row in await db.fetch(query)} - directory
    assert tables | {"organizations"} == {*sql.organization_copies.COPIED, *sql.organization_copies.REBUILT}


async def test_the_key_of_every_table_that_is_copied_says_whose_a_row_is(db: asyncpg.Connection) -> None:
    """Otherwise PostgreSQL refuses every UPDATE of the table, whoever's row it is, while an organization moves."""
    query = """
        SELECT indrelid::regclass::text AS name, array_agg(attname::text) AS columns
          FROM pg_index
          JOIN pg_attribute ON attrelid = indexrelid
         WHERE indisprimary
         GROUP BY 1
    """
    keys = {row["name"]: row["columns"] for row in await db.fetch(query)}
    owner = sql.organization_copies.owner
    assert [table for table in sql.organization_copies.COPIED if owner(table) not in keys.get(table, [])] == []


@pytest.mark.usefixtures("departing")
async def test_one_that_is_about_to_leave_is_written_as_before(api: Api) -> None:
    assert (await api.patch({"port": 25}, "stranger", monitor=STRANGERS)).status == 200


async def test_a_write_that_is_refused_is_told_to_come_back(api: Api, departing: asyncpg.Connection) -> None:
    token = await api.token("stranger")
    assert await sql.fences.close(departing, LEAVER)

    async def status() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        response = await api.patch({"port": 26}, None, monitor=STRANGERS, headers=headers)
        if response.status == 503:
            assert response.headers["Retry-After"] == "1"
        return response.status

    await becomes(503, status)
    assert (await api.patch({"port": 26})).status == 200


@pytest.mark.usefixtures("departed")
async def test_of_a_batch_only_the_patches_of_the_one_that_left_are_refused(config: Config) -> None:
    batcher = Batcher(config.database_url, STATEMENTS, max_rows=256, observer=Silent())
    async with running(batcher.run()):
        answers = await asyncio.gather(*map(batcher.submit, patches(101)), return_exceptions=True)
    assert {type(answer) for answer in answers[::2]} == {asyncpg.Record}
    assert all(isinstance(answer, Exception) and sql.departures.is_refusal(answer) for answer in answers[1::2])


async def test_a_batch_with_refused_patches_is_tried_three_times_and_not_once_for_each(
    departed: None, db: asyncpg.Connection, config: Config
) -> None:
    """Otherwise those who share batches with them would wait for hundreds of commits."""
    batcher = Batcher(config.database_url, STATEMENTS, max_rows=256, observer=Silent())
    async with running(batcher.run()):
        await batcher.submit(patches(1)[0])
        before = await db.fetchval("SELECT pg_current_xact_id()")
        await asyncio.gather(*map(batcher.submit, patches(202)), return_exceptions=True)
        after = await db.fetchval("SELECT pg_current_xact_id()")
    assert int(after) - int(before) < 20


async def test_the_fence_waits_for_writers_of_the_organization_alone(
    departing: asyncpg.Connection, config: Config
) -> None:
    update = "UPDATE smtp_monitors SET port = 27 WHERE organization_id = $1"
    for organization_id, fenced in ((LEAVER, False), (1, True)):
        other = await asyncpg.connect(config.database_url)
        transaction = other.transaction()
        await transaction.start()
        await other.execute(update, organization_id)
        assert await sql.fences.close(departing, LEAVER) is fenced
        await transaction.rollback()
        await other.close()


@pytest.mark.usefixtures("departing")
async def test_nothing_is_begun_of_one_that_is_about_to_leave(db: asyncpg.Connection) -> None:
    await db.execute("INSERT INTO locations (id, code, name, country) VALUES (7, 'x', 'X', 'DE')")
    await db.execute("UPDATE smtp_monitor_locations SET due_at = now(); UPDATE alerts SET next_attempt_at = now()")
    await db.execute("UPDATE smtp_monitors SET status = 'active'")
    claimed = await sql.smtp_monitor_locations.claim(db, 7, uuid4(), limit=100)
    assert {row["organization_id"] for row in claimed} == {1}
    assert await sql.alerts.lease(db, ["email"], limit=100) == []
    seconds = await sql.smtp_monitor_locations.seconds_to_next(db, 7)
    assert seconds is None or seconds > 0
    await sql.departures.own(db, LEAVER)
    claimed = await sql.smtp_monitor_locations.claim(db, 7, uuid4(), limit=100)
    assert {row["organization_id"] for row in claimed} == {LEAVER}
    assert len(await sql.alerts.lease(db, ["email"], limit=100)) == 1


async def rows_of_leaver(db: asyncpg.Connection) -> dict[str, list[str]]:
    tables = [table for table in sql.organization_copies.COPIED if table != "move_marks"]
    owner = sql.organization_copies.owner
    queries = {table: f"SELECT t::text FROM {table} t WHERE {owner(table)} = {LEAVER} ORDER BY 1" for table in tables}
    return {table: [row["t"] for row in await db.fetch(query)] for table, query in queries.items()}


async def test_agents_pass_over_the_rows_of_one_that_has_left(
    pool: asyncpg.Pool, db: asyncpg.Connection, departing: asyncpg.Connection
) -> None:
    """Each of their statements is for all organizations, and one row that is refused would fail all of it."""
    await db.execute("INSERT INTO locations (id, code, name, country) VALUES (7, 'x', 'X', 'DE')")
    await db.execute("UPDATE smtp_monitors SET status = 'disabled'")  # so that incidents are to be closed
    await db.execute("UPDATE alerts SET next_attempt_at = now() - interval '2 days', attempts = 0")
    await db.execute("UPDATE sessions SET expires_at = now()")
    dead = uuid4()
    await db.execute("INSERT INTO agents VALUES ($1, 7, now() - interval '1 hour')", dead)
    await db.execute("UPDATE smtp_monitor_locations SET running_by = $1, running_until = now()", dead)
    await db.execute("UPDATE smtp_check_rollups SET rolled_up_to = now() - interval '3 days'")
    assert await sql.fences.close(departing, LEAVER)
    before = await rows_of_leaver(db)

    await upkeep.sweep(pool)
    await upkeep.prepare(pool, retention_days=35)
    await retention.purge(pool, Retention(0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    monitors = [Key(row["organization_id"], row["id"]) for row in await db.fetch("SELECT * FROM smtp_monitors")]
    outcome = Progress(Target("a.example", 25)).outcome(Failed(Code.TIMEOUT))
    await record(pool, 7, [Checked(monitor, outcome) for monitor in monitors])
    await sql.locations.insert(db, "y", name="Y", country="DE")
    uses = {(row["organization_id"], row["id"]): datetime.now(UTC) for row in await db.fetch("SELECT * FROM sessions")}
    if uses:
        await sql.tokens.record_uses(pool, uses, apart_seconds=0)

    assert await rows_of_leaver(db) == before
    assert await db.fetchval("SELECT count(*) FROM smtp_checks WHERE organization_id = 1") > 0


async def test_a_cell_that_cannot_be_copied_from_says_so(db: asyncpg.Connection, north: North, config: Config) -> None:
    with pytest.raises(ConfigError, match="wal_level is replica in cell 0: set it to logical there, and restart"):
        await organization_move._move(config.database_url, config.key_ring, 1, 1)
    with pytest.raises(ConfigError, match="organization 1 lives in cell 0 already"):
        await organization_move._move(config.database_url, config.key_ring, 1, 0)
    with pytest.raises(ConfigError, match="there is no cell 9"):
        await organization_move._move(config.database_url, config.key_ring, 1, 9)
    with pytest.raises(ConfigError, match="organization 1 does not move"):
        await organization_move._abort(config.database_url, config.key_ring, 1)
    assert await db.fetchval("SELECT count(*) FROM organization_moves") == 0
