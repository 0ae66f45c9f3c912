"""An organization of 10,000 monitors changes its cell while 256 clients patch it and another one."""

import asyncio
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg

from tests.bench import database, wrk
from tests.bench.database import FIRST, PUBLIC_ID, Database
from tests.bench.report import Bar
from tests.bench.servers import OURS, PROJECT, Server, running

MONITORS = 20_000  # of two organizations, of which one moves
CHANGES = 3  # that are kept of each monitor before
CONNECTIONS, WATCHED = 240, 16  # clients of wrk, and those whose every answer is remembered
LOAD_SECONDS = 40
SHORTEST = 10  # seconds, of an interval
HISTORY = """
    INSERT INTO smtp_monitor_changes
           (organization_id, smtp_monitor_id, version, changed_at, actor, address, before, after)
    SELECT organization_id, id, 1 + n, now(), '{"userId":1}', '192.0.2.1', '{"name":"a"}', '{"name":"b"}'
      FROM smtp_monitors, generate_series(1, $1) AS n
"""


@dataclass
class Client:
    """Patches one monitor to one interval after another, which wrk leaves alone.

    *gap* is the longest time between two answers of 200.
    """

    path: str
    acknowledged: int = 0
    gap: float = 0.0
    last: float = field(default_factory=time.monotonic)

    async def patch(self, session: aiohttp.ClientSession, until: asyncio.Event) -> None:
        number = SHORTEST
        while not until.is_set():
            number += 1
            async with session.patch(self.path, json={"checkInterval": number}) as response:
                if response.status == 200:
                    now = time.monotonic()
                    self.gap, self.last, self.acknowledged = max(self.gap, now - self.last), now, number
                elif response.status != 503:
                    raise AssertionError(f"{response.status} {await response.text()}")


def measure(folder: Path) -> list[Bar]:
    with database.postgres(wal_level="logical") as url:
        loaded = database.load(url, "moving", monitors=MONITORS, organizations=2, cells=2)
        asyncio.run(_prepare(loaded))
        with running(OURS, loaded, folder) as server, ThreadPoolExecutor(1) as thread:
            load = thread.submit(_load, server)
            clients = asyncio.run(_move(server))
            errors = load.result().errors
        lost = asyncio.run(_lost(f"{loaded.url.replace('/moving?', '/moving_cell_1?')}", clients))
    blocked = max(client.gap for client in clients)
    return [
        Bar("seconds without a write of the organization that moves", blocked, 1.0, at_most=True),
        Bar("acknowledged PATCHes that its new home has not", lost, 0, at_most=True),
        Bar("answers other than 200 and 503", sum(errors.values()), 0, at_most=True),
    ]


async def _prepare(loaded: Database) -> None:
    connection = await asyncpg.connect(loaded.url, command_timeout=database.STATEMENT_SECONDS)
    await connection.execute(HISTORY, CHANGES)
    await connection.execute("UPDATE smtp_monitors SET version = $1", CHANGES + 1)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def _load(server: Server) -> wrk.Load:
    return wrk.run(server, connections=CONNECTIONS, seconds=LOAD_SECONDS, mode="statuses")


async def _move(server: Server) -> list[Client]:
    """Patch until the command has ended; what it says goes to standard error."""
    # the first organization has every second monitor
    paths = [f"/api/smtp-monitors/{PUBLIC_ID}{FIRST + 2 * n}" for n in range(WATCHED)]
    clients, ended = [Client(path) for path in paths], asyncio.Event()
    headers = {"Authorization": f"Bearer {server.database.token}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as session, asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.patch(session, ended))
        await asyncio.to_thread(_run, server.database)
        ended.set()
    return clients


def _run(loaded: Database) -> None:
    command = [sys.executable, "run.py", "organization", "move", str(loaded.organization_id), "--to", "1"]
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL": loaded.url, "SECRETS_KEY": loaded.secrets_key}
    subprocess.run(command, cwd=PROJECT, env=environ, stdout=sys.stderr, check=True, timeout=120)


async def _lost(url: str, clients: list[Client]) -> int:
    connection = await asyncpg.connect(url)
    intervals = {
        f"/api/smtp-monitors/{row['public_id']}": row["check_interval"]
        for row in await connection.fetch("SELECT public_id, check_interval FROM smtp_monitors")
    }
    await connection.close()
    return sum(intervals.get(client.path, 0) < client.acknowledged for client in clients)
