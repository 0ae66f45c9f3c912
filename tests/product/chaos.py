"""Agents, server and database killed at random, while monitors watch a server that comes and goes."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil

import sql
from server.access.key_ring import generate_key
from server.cli import embedded, migrations
from server.cli.cluster import Cluster
from tests.fleet.engine import Mailbox
from tests.ports import free_port
from tests.product.chaos_findings import INTERVAL, Findings, look
from tests.product.process import RUN, command_line, kill

MONITORS = 20
KILL_EVERY = (4.0, 12.0)  # seconds
OUTAGE_SECONDS = 32.0
FIRST_CHECKS = 14.0  # seconds in which everything starts


def run(directory: Path, seconds: float, *, seed: int | None = None) -> Findings:
    """Kill for so long, then let everything recover, and look."""
    with embedded.cluster(directory, exclusive=True) as database:
        migrations.migrate(database.url)
        return asyncio.run(Chaos(directory, database, random.Random(seed)).run(seconds))


class Chaos:
    def __init__(self, directory: Path, database: Cluster, chance: random.Random) -> None:
        self.database = database
        self.url = database.url
        self.chance = chance
        self.relay, self.watched, self.steady = Mailbox(), Mailbox(), Mailbox()
        self.port = free_port()  # the servers of one run follow each other on it
        self.kills = dict.fromkeys(("agent", "server", "servers agent", "database"), 0)
        self.log = (directory / "chaos.log").open("w")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    async def run(self, seconds: float) -> Findings:
        for mailbox in (self.relay, self.watched, self.steady):
            await mailbox.start()
        await self._fill()
        try:
            with self._started():
                outages = asyncio.create_task(self._come_and_go())
                await asyncio.sleep(FIRST_CHECKS)
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    await asyncio.sleep(self.chance.uniform(*KILL_EVERY))
                    await asyncio.to_thread(self._kill, self.chance.choice(list(self.kills)))
                outages.cancel()
                await self.watched.stop()
                await self.watched.start()
                await self._until_told()
        finally:
            for mailbox in (self.relay, self.watched, self.steady):
                await mailbox.stop()
        return await look(self.url, self.kills, [str(message["X-Alert-Id"]) for message in self.relay.sink.messages])

    async def _fill(self) -> None:
        connection = await asyncpg.connect(self.url)
        await sql.locations.insert(connection, "de-nbg", name="Nürnberg", country="DE")
        organization_id = await sql.organizations.ensure(connection, "Chaos")
        customer = await sql.customers.insert(connection, organization_id, "Customer")
        query = """
            INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, port, check_interval,
                                       timeout_seconds, notification_email)
            SELECT $1, $2, 'Monitor ' || n, '127.0.0.1', CASE n % 2 WHEN 0 THEN $3::integer ELSE $4 END, $5, 5,
                   'ops' || n || '@example.com'
              FROM generate_series(1, $6::integer) AS n
        """
        ports = (self.watched.port, self.steady.port)
        await connection.execute(query, organization_id, customer["id"], *ports, INTERVAL, MONITORS)
        await connection.close()

    @contextmanager
    def _started(self) -> Iterator[None]:
        for name in ("agent", "server"):
            self._start(name)
        try:
            yield
        finally:
            for process in self.processes.values():
                process.terminate()
            for process in self.processes.values():
                process.wait(30)
            self.log.close()

    def _start(self, name: str) -> None:
        arguments = ["agent", "--location", "de-nbg"] if name == "agent" else ["serve", "--workers", "1"]
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": self.url,
            "JWT_SECRET": self.secrets[0],
            "SECRETS_KEY": self.secrets[1],
            "PROBE_ALLOW": "127.0.0.0/8",
            "PORT": str(self.port),
            "SMTP_RELAY_URL": f"smtp://127.0.0.1:{self.relay.port}",
            "ALERT_SENDER": "alerts@example.com",
            "LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, str(RUN), *arguments]
        self.processes[name] = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)

    secrets = (generate_key(), generate_key())

    def _kill(self, victim: str) -> None:
        """Kill it without notice; agents, server and database are started again as a supervisor would."""
        self.kills[victim] += 1
        if victim == "database":
            kill(int((self.database.directory / "postmaster.pid").read_text().split()[0]))
            time.sleep(0.5)
            self.database.start()
        elif victim == "servers agent":
            server = psutil.Process(self.processes["server"].pid)
            for process in server.children(recursive=True):
                if "agent" in (command_line(process) or []):
                    kill(process.pid)
        else:
            kill(self.processes[victim].pid)
            self.processes[victim].wait()
            self._start(victim)

    async def _come_and_go(self) -> None:
        await asyncio.sleep(FIRST_CHECKS)
        while True:
            await self.watched.stop()
            await asyncio.sleep(OUTAGE_SECONDS)
            await self.watched.start()
            await asyncio.sleep(OUTAGE_SECONDS)

    async def _until_told(self) -> None:
        """Everything recovered, every incident closed, every alert delivered."""
        async with asyncio.timeout(180):
            while True:
                with suppress(OSError, asyncpg.PostgresError):
                    connection = await asyncpg.connect(self.url)
                    left = await connection.fetchval("""
                        SELECT (SELECT count(*) FROM alerts WHERE state = 'pending')
                             + (SELECT count(*) FROM incidents WHERE closed_at IS NULL)
                    """)
                    await connection.close()
                    if left == 0:
                        return
                await asyncio.sleep(0.5)
