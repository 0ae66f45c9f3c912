"""Several cells on one machine: their PATCHes against those of one, one that never answers, 64 of them, and a move."""

import asyncio
import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg

import sql
from server.access.cell_numbers import BITS
from server.access.cells import bound_to
from server.access.key_ring import KeyRing
from server.access.signer import Signer
from tests.bench import database, moving, options, wrk
from tests.bench.database import Database
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, Row, emit, medians
from tests.bench.servers import OURS, Server, running

MONITORS = 10_000
ORGANIZATIONS = 64
CONNECTIONS = 256
TOGETHER, BESIDE_A_SILENT_ONE = 0.95, 1.2
HANGING = 32  # clients of a cell that never answers
MANY = 64
MAX_CONNECTIONS = 2000


def main(arguments: list[str]) -> int:
    chosen = options.parse("cells", arguments, seconds=3)
    wrk.require()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres(max_connections=MAX_CONNECTIONS))
        servers = [stack.enter_context(_serving(url, folder, cells)) for cells in (1, 2, 8)]
        beside, stuck = stack.enter_context(_beside_a_silent_cell(url, folder))
        for server in (*servers, beside):
            warm_up(server)
        rows: list[Row] = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows += [measure(server, connections=CONNECTIONS, seconds=chosen.seconds) for server in servers]
            rows.append(measure(beside, connections=CONNECTIONS, seconds=chosen.seconds, name="nobody asks it"))
            with _asking(stuck, chosen.seconds):
                rows.append(measure(beside, connections=CONNECTIONS, seconds=chosen.seconds, name="a silent cell"))
        table = medians(rows)
        bars = _bars({row.name: row for row in table}, errors=sum(row.errors for row in rows))
        one, many = servers[0].megabytes(), stack.enter_context(_serving(url, folder, MANY))
        warm_up(many)
        taken = asyncio.run(_connections(url, f"cells_{MANY}"))
        if not chosen.json:
            print(f"{MANY} cells: {many.megabytes():.0f} MB in all (one cell: {one:.0f}), {taken} connections")
        bars += moving.measure(folder)
        return emit(table, bars, postgres_url=url, as_json=chosen.json)


def _bars(rows: dict[str, Row], *, errors: int) -> list[Bar]:
    one, silent, quiet = rows["cells: 1"], rows["a silent cell"], rows["nobody asks it"]
    assert silent.p99 is not None
    assert quiet.p99 is not None
    ratios = {name: rows[name].requests_per_second / one.requests_per_second for name in ("cells: 2", "cells: 8")}
    return [
        *(Bar(f"{name}, requests/s: × one's", ratio, TOGETHER) for name, ratio in ratios.items()),
        Bar("p99 beside a silent cell: × without", silent.p99 / quiet.p99, BESIDE_A_SILENT_ONE, at_most=True),
        Bar("errors", errors, 0, at_most=True),
    ]


@contextlib.contextmanager
def _serving(url: str, folder: Path, cells: int) -> Iterator[Server]:
    loaded = database.load(url, f"cells_{cells}", monitors=MONITORS, organizations=ORGANIZATIONS, cells=cells)
    with running(replace(OURS, name=f"cells: {cells}"), loaded, folder) as server:
        yield server


@contextlib.contextmanager
def _beside_a_silent_cell(url: str, folder: Path) -> Iterator[tuple[Server, Server]]:
    """A server with monitors in cell 0, and the same one as those see it whose cell accepts and never answers."""
    loaded = database.load(url, "beside", monitors=MONITORS)
    expires_at = datetime.now(UTC) + timedelta(days=1)
    token = Signer(loaded.jwt_secret).issue((1 << BITS) + 1, uuid4(), 1, expires_at=expires_at)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        silent = f"postgresql://nobody@127.0.0.1:{listening.getsockname()[1]}/silent"
        asyncio.run(_add_cell(loaded, silent))
        with running(replace(OURS, name="beside"), loaded, folder) as server:
            yield server, replace(server, database=replace(loaded, tokens=(token,)))


async def _add_cell(directory: Database, url: str) -> None:
    connection = await asyncpg.connect(directory.url)
    await sql.cells.insert(connection, 1, KeyRing.parse(directory.secrets_key).encrypt(url, bound_to(1)))
    await connection.close()


@contextlib.contextmanager
def _asking(server: Server, seconds: int) -> Iterator[None]:
    """Have clients ask it meanwhile."""
    load = {"connections": HANGING, "seconds": seconds, "mode": "statuses"}
    thread = threading.Thread(target=wrk.run, args=(server,), kwargs=load)
    thread.start()
    yield
    thread.join()


async def _connections(url: str, prefix: str) -> int:
    """How many the databases of that name have."""
    connection = await asyncpg.connect(url)
    try:
        count = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, $1)"
        return int(await connection.fetchval(count, prefix))
    finally:
        await connection.close()
