"""A move that is killed, hangs or is aborted: writes go on, it goes on or leaves no trace, and nothing is lost."""

import asyncio
import signal

import asyncpg
import pytest

import sql
from tests.cells.pair import ABORT_STEPS, STEPS, UNTIL_FENCE, Pair, kill, read_until
from tests.cells.writing import Writer, check_whole


@pytest.mark.parametrize("words", [STEPS[1], STEPS[4], STEPS[7], STEPS[8], STEPS[10]])
async def test_a_move_that_is_killed_goes_on(pair: Pair, writer: Writer, words: str) -> None:
    async with writer.writing():
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, words)
        kill(process)
        status, output = await asyncio.to_thread(pair.run, writer.organization_id, "--to", "1")
    assert (status, output.splitlines()[-1]) == (0, "done"), output
    await check_whole(pair, writer, 1)


@pytest.mark.parametrize("words", UNTIL_FENCE[:-1])
async def test_a_move_that_is_aborted_leaves_no_trace(pair: Pair, writer: Writer, words: str) -> None:
    traces = await pair.traces()
    async with pair.connected(0) as db:
        await keep_checking(db, writer)
    async with writer.writing():
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, words)
        kill(process)
        status, output = await asyncio.to_thread(pair.run, writer.organization_id, "--abort")
        assert (status, output.splitlines()[-1]) == (0, "the move is undone"), output
    await check_whole(pair, writer, 0)
    assert await pair.traces() == traces
    async with pair.connected(0) as db:
        assert await sql.organization_moves.select(db, writer.organization_id) is None


@pytest.mark.slow
async def test_a_move_that_dies_refuses_nothing_any_more(pair: Pair, writer: Writer) -> None:
    """It is held with the statement by which the organization departs, and is not there when that could go on."""
    update = "UPDATE smtp_monitors SET port = 28 WHERE organization_id = $1"
    async with pair.connected(0) as db, pair.connected(0) as other:
        await keep_checking(db, writer)
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, UNTIL_FENCE[-2])
        async with db.transaction():
            await db.execute("SELECT FROM departures FOR UPDATE")
            await asyncio.to_thread(read_until, process, "writes are refused")
            assert await refused(other, update, writer.organization_id) is not None
            kill(process)
            async with asyncio.timeout(20):
                while await refused(other, update, writer.organization_id) is not None:
                    await asyncio.sleep(0.05)
        assert not await sql.cells.select_departed(db, writer.organization_id)
        async with writer.writing():
            status, output = await asyncio.to_thread(pair.run, writer.organization_id, "--to", "1")
    assert (status, output.splitlines()[-1]) == (0, "done"), output
    await check_whole(pair, writer, 1)
    async with pair.connected(1) as there:
        query = "SELECT DISTINCT port FROM smtp_monitors WHERE organization_id = $1"
        assert [row["port"] for row in await there.fetch(query, writer.organization_id)] == [28]


@pytest.mark.slow
async def test_a_move_that_hangs_while_writes_are_refused_loses_nothing(pair: Pair, writer: Writer) -> None:
    """Writes go on without it. When it comes round, it finds that it cannot go on, and says so."""
    async with writer.writing():
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, "writes are refused")
        process.send_signal(signal.SIGSTOP)
        goes_on = len(writer.acknowledged) + 500
        async with pair.connected(0) as db, asyncio.timeout(20):
            # it may have come to its next step before it was stopped
            while not (departed := await sql.cells.select_departed(db, writer.organization_id)):
                if len(writer.acknowledged) > goes_on:
                    break
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGCONT)
        output, _ = await asyncio.to_thread(process.communicate)
        assert process.returncode == (0 if departed else 1), output
        assert "Traceback" not in output, output
        if not departed:
            status, output = await asyncio.to_thread(pair.run, writer.organization_id, "--to", "1")
            assert (status, output.splitlines()[-1]) == (0, "done"), output
    await check_whole(pair, writer, 1)


@pytest.mark.slow
@pytest.mark.parametrize("words", ABORT_STEPS)
async def test_an_abort_that_is_killed_goes_on(pair: Pair, writer: Writer, words: str) -> None:
    traces = await pair.traces()
    async with writer.writing():
        await kill_while_it_refuses(pair, writer)
        process = pair.command(writer.organization_id, "--abort")
        await asyncio.to_thread(read_until, process, words)
        kill(process)
        status, output = await asyncio.to_thread(pair.run, writer.organization_id, "--to", "1")
        said = f"the move of organization {writer.organization_id} is being undone; run it with --abort"
        assert (status, said in output) == (1, True), output
        status, output = await asyncio.to_thread(pair.run, writer.organization_id, "--abort")
    assert (status, output.splitlines()[-1]) == (0, "the move is undone"), output
    await check_whole(pair, writer, 0)
    assert await pair.traces() == traces


async def test_it_is_not_aborted_once_it_has_arrived(pair: Pair, writer: Writer) -> None:
    process = pair.command(writer.organization_id, "--to", "1", settle=60)
    await asyncio.to_thread(read_until, process, "copy has ended")
    kill(process)
    status, output = pair.run(writer.organization_id, "--abort")
    words = f"it is too late: cell 1 has all of organization {writer.organization_id}"
    assert (status, words in output) == (1, True), output
    assert pair.run(writer.organization_id, "--to", "1")[0] == 0
    await check_whole(pair, writer, 1)


async def test_an_abort_lets_writes_go_on_that_were_refused(pair: Pair, writer: Writer) -> None:
    """The command is held where it would write that the target has all."""
    update = "UPDATE smtp_monitors SET port = 28 WHERE organization_id = $1"
    traces = await pair.traces()
    await kill_while_it_refuses(pair, writer)
    status, output = pair.run(writer.organization_id, "--abort")
    assert (status, output.splitlines()[-1]) == (0, "the move is undone"), output
    async with pair.connected(0) as db:
        assert await refused(db, update, writer.organization_id) is None
    await check_whole(pair, writer, 0)
    assert await pair.traces() == traces


async def keep_checking(db: asyncpg.Connection, writer: Writer) -> None:
    """A check is under way for some seconds: a move waits for it before it refuses writes."""
    running_until = "UPDATE smtp_monitor_locations SET running_until = now() + interval '4 seconds'"
    await db.execute(f"{running_until} WHERE organization_id = $1", writer.organization_id)


async def kill_while_it_refuses(pair: Pair, writer: Writer) -> None:
    """The command is held where it would write that the target has all."""
    async with pair.connected(0) as db, pair.connected(0) as other:
        await keep_checking(db, writer)
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, UNTIL_FENCE[-2])
        async with db.transaction():
            await db.execute("SELECT FROM organization_moves FOR UPDATE")
            await asyncio.to_thread(read_until, process, "writes are refused")
            kill(process)
            await other.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'UPDATE organization_moves%'"
            )


async def refused(db: asyncpg.Connection, update: str, organization_id: int) -> BaseException | None:
    try:
        await db.execute(update, organization_id)
    except asyncpg.LockNotAvailableError as error:
        return error
    return None
