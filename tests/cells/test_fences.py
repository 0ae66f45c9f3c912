"""What a move refuses goes on by itself when the move dies or hangs, unless the organization has departed by then."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

import sql
from server.serving.config import Config
from tests.cells.conftest import LEAVER
from tests.conftest import becomes

UPDATE = "UPDATE smtp_monitors SET port = 27 WHERE organization_id = $1"


async def is_refused(db: asyncpg.Connection) -> bool:
    try:
        await db.execute(UPDATE, LEAVER)
    except asyncpg.LockNotAvailableError as error:
        return sql.departures.is_refusal(error)
    return False


async def test_writes_go_on_when_the_move_dies(db: asyncpg.Connection, departing: asyncpg.Connection) -> None:
    assert await sql.fences.close(departing, LEAVER)
    assert await is_refused(db)
    departing.terminate()
    await becomes(False, lambda: is_refused(db))


async def test_writes_go_on_when_the_move_hangs(db: asyncpg.Connection, departing: asyncpg.Connection) -> None:
    """And once it comes round, it cannot go on as if nothing had been written."""
    await sql.departures.lease(departing, 1)
    assert await sql.fences.close(departing, LEAVER)
    assert await is_refused(db)
    async with asyncio.timeout(20):
        while await is_refused(db):
            await asyncio.sleep(0.05)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        await sql.fences.seal(departing, LEAVER)


async def test_checks_and_alerts_are_begun_when_the_move_dies(
    db: asyncpg.Connection, departing: asyncpg.Connection
) -> None:
    await db.execute("INSERT INTO locations (id, code, name, country) VALUES (7, 'x', 'X', 'DE')")
    await db.execute("UPDATE smtp_monitor_locations SET due_at = now(); UPDATE alerts SET next_attempt_at = now()")
    await db.execute("UPDATE smtp_monitors SET status = 'active'")

    async def claimed() -> set[int]:
        rows = await sql.smtp_monitor_locations.claim(db, 7, uuid4(), limit=100)
        return {row["organization_id"] for row in rows}

    assert await claimed() == {1}
    departing.terminate()
    await becomes({LEAVER}, claimed)
    assert len(await sql.alerts.lease(db, ["email"], limit=100)) == 1


async def test_one_that_has_departed_stays_so_when_the_move_dies(
    db: asyncpg.Connection, departing: asyncpg.Connection
) -> None:
    assert await sql.fences.close(departing, LEAVER)
    assert await sql.fences.seal(departing, LEAVER)
    pid = departing.get_server_pid()
    departing.terminate()

    async def ended() -> bool:
        return not await db.fetchval("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid)

    await becomes(True, ended)
    assert await is_refused(db)


async def test_nobody_departs_without_the_fence(departing: asyncpg.Connection, config: Config) -> None:
    """Not even while another session has it."""
    other = await asyncpg.connect(config.database_url)
    assert not await sql.fences.seal(departing, LEAVER)
    assert await sql.fences.close(other, LEAVER)
    assert not await sql.fences.seal(departing, LEAVER)
    await sql.fences.open_again(other, LEAVER)
    assert not await sql.fences.seal(other, LEAVER)
    await other.close()
    assert not await sql.cells.select_departed(departing, LEAVER)


async def test_who_has_begun_to_write_goes_on_while_the_fence_waits(
    db: asyncpg.Connection, departing: asyncpg.Connection
) -> None:
    transaction = db.transaction()
    await transaction.start()
    assert not await is_refused(db)
    assert not await sql.fences.close(departing, LEAVER)
    assert not await is_refused(db)
    await transaction.commit()
    assert await sql.fences.close(departing, LEAVER)


def test_every_table_is_fenced_but_those_of_results() -> None:
    """No result is written without the state of its monitor, which is. Whoever adds a table asks how it is."""
    open_tables = {"smtp_checks", "smtp_check_hours", "move_marks"}
    assert set(sql.organization_copies.COPIED) - set(sql.fences.FENCED) == open_tables
