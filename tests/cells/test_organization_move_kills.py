"""A move between two servers, in which everything is killed at every step, ends in one home with every write there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.cli import postmaster
from server.cli.cluster import Cluster
from tests.cells.filling import fill
from tests.cells.pair import ABORT_STEPS, STEPS, UNTIL_FENCE, Pair, kill, logical_cluster, pair_of, read_until
from tests.cells.writing import Writer, check_whole

ATTEMPTS = 8


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Cluster]]:
    folders = [tmp_path_factory.mktemp(name) for name in ("source", "target")]
    with logical_cluster(folders[0]) as source, logical_cluster(folders[1]) as target:
        yield [source, target]


@pytest.fixture(scope="module")
def pair(clusters: list[Cluster]) -> Iterator[Pair]:
    with pair_of(*clusters) as pair:
        yield pair


async def restart(cluster: Cluster) -> None:
    process = postmaster.process(Path(cluster.directory), alone=True)
    assert process is not None
    process.kill()
    await asyncio.to_thread(process.wait)
    await asyncio.to_thread(cluster.start)


async def again(pair: Pair, organization_id: int, *options: str) -> str:
    """Until it is done: a database that has just started may still recover."""
    output = ""
    for _ in range(ATTEMPTS):
        status, output = await asyncio.to_thread(pair.run, organization_id, *options)
        if status == 0 or any(words in output.splitlines()[-1] for words in ("lives in cell", "does not move")):
            return output
        assert len(output.splitlines()[-1]) < 300
        assert "Traceback" not in output, output
    raise AssertionError(output)


async def fill_and_write(pair: Pair) -> Writer:
    async with pair.connected(0) as db:
        return Writer(pair, *await fill(db, "Killed", 50))


@pytest.mark.parametrize("victim", ["source", "target"])
async def test_a_database_that_is_killed_while_one_moves_loses_nothing(
    pair: Pair, clusters: list[Cluster], victim: str
) -> None:
    writer = await fill_and_write(pair)
    async with writer.writing():
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, "writes are refused")
        await restart(clusters[("source", "target").index(victim)])
        await asyncio.to_thread(process.communicate)
        await again(pair, writer.organization_id, "--to", "1")
    await check_whole(pair, writer, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("milliseconds", "victim"), [(0, "mover"), (10, "mover"), (50, "mover"), (5, "source"), (5, "target")]
)
@pytest.mark.parametrize("step", STEPS)
async def test_whatever_is_killed_at_whichever_step(
    pair: Pair, clusters: list[Cluster], step: str, milliseconds: int, victim: str
) -> None:
    """Sixty kills."""
    writer = await fill_and_write(pair)
    async with writer.writing():
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, step)
        await asyncio.sleep(milliseconds / 1000)
        if victim == "mover":
            kill(process)
        else:
            await restart(clusters[("source", "target").index(victim)])
            await asyncio.to_thread(process.communicate)
        await again(pair, writer.organization_id, "--to", "1")
    assert await pair.home(writer.organization_id) == 1
    await check_whole(pair, writer, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("step", "victim"), [(ABORT_STEPS[0], "source"), (ABORT_STEPS[1], "target")])
async def test_a_database_that_is_killed_while_a_move_is_undone(
    pair: Pair, clusters: list[Cluster], step: str, victim: str
) -> None:
    writer = await fill_and_write(pair)
    traces = await pair.traces()
    async with writer.writing():
        process = pair.command(writer.organization_id, "--to", "1")
        await asyncio.to_thread(read_until, process, UNTIL_FENCE[-1])
        kill(process)
        process = pair.command(writer.organization_id, "--abort")
        await asyncio.to_thread(read_until, process, step)
        await restart(clusters[("source", "target").index(victim)])
        await asyncio.to_thread(process.communicate)
        await again(pair, writer.organization_id, "--abort")
    assert await pair.home(writer.organization_id) == 0
    await check_whole(pair, writer, 0)
    assert await pair.traces() == traces
