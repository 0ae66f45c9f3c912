"""Two cells between which organizations move, and a command that moves them in a process of its own."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psycopg

import sql
from server.access import cells
from server.access.cell_numbers import home_number
from server.access.key_ring import KeyRing, generate_key
from server.cli import embedded, migrations
from server.cli.cluster import Cluster

KEY = generate_key()
# the command, but with less patience between its last steps
COMMAND = """
import sys
from server.cli import main, moves
moves.SETTLE_SECONDS = float(sys.argv[1])
sys.exit(main(sys.argv[2:], dict(__import__("os").environ)))
"""
# what it says at each step; from the last of UNTIL_FENCE on it can refuse writes
UNTIL_FENCE = (
    "step copying",
    "keeps what is written",
    "copies",
    "copied",
    "indexed for search",
    "begun any more",
    "nothing is under way",
)
STEPS = (*UNTIL_FENCE, "writes are refused", "lives in", "copy has ended", "removing what", "done")
ABORT_STEPS = ("writes go on in", "copy has ended", "removing what")
SETTINGS = "wal_level = logical\nwal_retrieve_retry_interval = 100ms\nmax_worker_processes = 16\n"
TRACES = {
    "triggers": "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'departure\\_%'",
    "publications": "SELECT count(*) FROM pg_publication",
    "subscriptions": "SELECT count(*) FROM pg_subscription",
    "slots": "SELECT count(*) FROM pg_replication_slots",
    "marks": "SELECT count(*) FROM move_marks",
    "departures": "SELECT count(*) FROM departures",
    "departed monitors": "SELECT count(*) FROM departed_smtp_monitors",
}


@contextlib.contextmanager
def logical_cluster(folder: Path) -> Iterator[Cluster]:
    """An embedded PostgreSQL that can be copied from."""
    with embedded.database(folder, exclusive=True):
        pass
    with (folder / "postgres" / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)
    with embedded.cluster(folder, exclusive=True) as cluster:
        yield cluster


@contextlib.contextmanager
def pair_of(*clusters: Cluster) -> Iterator["Pair"]:
    """Two cells: databases of one server, or of two."""
    urls = []
    for cluster, name in zip((clusters[0], clusters[-1]), ("here", "there"), strict=True):
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        urls.append(cluster.url.replace("/postgres?", f"/{name}?"))
    pair = Pair((urls[0], urls[1]))
    asyncio.run(pair.prepare())
    yield pair


@dataclass
class Pair:
    """Cell 0, which has the directory, and cell 1."""

    urls: tuple[str, str]

    def __post_init__(self) -> None:
        self.environ = {**os.environ, "DATABASE_URL": self.urls[0], "SECRETS_KEY": KEY, "PYTHONUNBUFFERED": "1"}

    async def prepare(self) -> None:
        for url in self.urls:
            migrations.migrate(url)
        async with self.connected(1) as there:
            await sql.cells.make_number(there, 1)
        async with self.connected(0) as here:
            encrypted = KeyRing.parse(KEY).encrypt(self.urls[1], cells.bound_to(1))
            await sql.cells.insert(here, 1, encrypted)
        for number in (0, 1):
            async with self.connected(number) as db:
                await sql.partitions.maintain(db, retention_days=35)
                query = "INSERT INTO locations (id, code, name, country) VALUES (1, 'de-nbg', 'Nürnberg', 'DE')"
                await db.execute(query + " ON CONFLICT DO NOTHING")

    @contextlib.asynccontextmanager
    async def connected(self, number: int) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.urls[number])
        try:
            yield connection
        finally:
            await connection.close()

    def command(self, organization_id: int, *options: str, settle: float = 0.0) -> subprocess.Popen[str]:
        arguments = [sys.executable, "-c", COMMAND, str(settle), "organization", "move", str(organization_id), *options]
        return subprocess.Popen(
            arguments, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, organization_id: int, *options: str, settle: float = 0.0) -> tuple[int, str]:
        process = self.command(organization_id, *options, settle=settle)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    async def traces(self) -> dict[str, int]:
        """What a move leaves, in both cells."""
        found: dict[str, int] = {}
        for number in (0, 1):
            async with self.connected(number) as db:
                for what, query in TRACES.items():
                    if count := await db.fetchval(query):
                        found[f"{what} in {number}"] = count
        return found

    async def home(self, organization_id: int) -> int:
        async with self.connected(0) as db:
            homes = await sql.cells.select_homes(db)
        return home_number(homes, organization_id)

    async def contents(self, number: int, organization_id: int) -> dict[str, list[str]]:
        """Every row of an organization in a cell, as text."""
        found: dict[str, list[str]] = {}
        async with self.connected(number) as db:
            for table in sql.organization_copies.COPIED:
                if table != "move_marks":
                    owner = sql.organization_copies.owner(table)
                    query = f"SELECT t::text FROM {table} t WHERE {owner} = $1 ORDER BY 1"
                    found[table] = [row["t"] for row in await db.fetch(query, organization_id)]
        return found


def read_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """What it says until a line has these words, or all."""
    assert process.stdout is not None
    read = []
    for line in process.stdout:
        read.append(line.rstrip())
        if words in line:
            break
    return read


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
