"""What the fleet benchmark runs: monitors, the server they watch, agents, and a client that patches meanwhile."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from uuid import UUID

import asyncpg
import psutil

import sql
from server.access.key_ring import generate_key
from server.access.sessions import open_session
from server.access.signer import Signer
from tests.ports import free_port

RUN = Path(__file__).parent.parent.parent / "run.py"
PATCHED = UUID("00000000-0000-4000-8000-000000000001")
PATCH_SECONDS = 0.02  # between two patches


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """postfix's smtp-sink on a port of its own."""
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SystemExit("smtp-sink is missing: apt-get install postfix")
    port = free_port()
    as_root = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program, *as_root, "-m", "2000", f"127.0.0.1:{port}", "2000"])
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


async def fill(url: str, monitors: int, port: int, *, interval: int) -> tuple[str, dict[str, str]]:
    """An organization with monitors that all watch *port*; a token, and the secrets it was made with."""
    secrets = {"JWT_SECRET": generate_key(), "SECRETS_KEY": generate_key()}
    connection = await asyncpg.connect(url)
    try:
        await sql.locations.insert(connection, "de-nbg", name="Nürnberg", country="DE")
        organization = await sql.organizations.insert(connection, {"name": "Example", "max_smtp_monitors": monitors})
        organization_id = organization["id"]
        customer = await sql.customers.insert(connection, organization_id, "First customer")
        await sql.users.insert(
            connection, organization_id, email="a@example.com", password_hash="none", name="A", role="admin"
        )
        user = await sql.users.select_login(connection, "a@example.com")
        assert user is not None
        token, _ = await open_session(connection, user, Signer(secrets["JWT_SECRET"]), hours=24)
        query = """
            INSERT INTO smtp_monitors (organization_id, customer_id, public_id, name, hostname, port, check_interval)
            SELECT $1, $2, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Monitor ' || n,
                   '127.0.0.1', $3, $4
              FROM generate_series(1, $5::bigint) AS n
        """
        await connection.execute(query, organization_id, customer["id"], port, interval, monitors, timeout=600)
        await connection.execute("VACUUM ANALYZE", timeout=600)
    finally:
        await connection.close()
    return token, secrets


async def keep_only(url: str, monitors: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DELETE FROM smtp_monitors WHERE id > $1", monitors, timeout=600)
    finally:
        await connection.close()


class Fleet:
    """Agents and one server on a database, for as long as the context lasts."""

    def __init__(self, url: str, secrets: Mapping[str, str], token: str, agents: int, directory: Path) -> None:
        self.url = url
        self.token = token
        self.server_port = free_port()
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            **secrets,
            "DATABASE_URL": url,
            "PROBE_ALLOW": "127.0.0.0/8",
            "PORT": str(self.server_port),
            "AGENT": "off",
            "LOG_LEVEL": "WARNING",
        }
        self._agents = agents
        self._log = directory / "log"
        self.processes: dict[str, list[psutil.Process]] = {}

    def __enter__(self) -> "Fleet":
        with self._log.open("w") as log:
            commands = [("agents", ["agent", "--location", "de-nbg"])] * self._agents
            commands.append(("server", ["serve", "--workers", "1"]))
            for name, arguments in commands:
                command = [sys.executable, str(RUN), *arguments]
                started = psutil.Popen(command, env=self._environment, stderr=log, stdout=subprocess.DEVNULL)
                self.processes.setdefault(name, []).append(started)
        children = psutil.Process().children(recursive=True)
        for name, program in (("smtp-sink", "smtp-sink"), ("database", "postgres")):
            self.processes[name] = [child for child in children if child.name() == program]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        own = [*self.processes["agents"], *self.processes["server"]]
        for process in own:
            process.terminate()
        psutil.wait_procs(own, timeout=30)
        log = self._log.read_text()
        if log:
            print(f"the log of agents and server begins: {log[:4000]}", file=sys.stderr)


def cpu_seconds(processes: Mapping[str, Sequence[psutil.Process]]) -> dict[str, dict[int, float]]:
    """Used so far, by name and process, children included."""
    used: dict[str, dict[int, float]] = {}
    for name, roots in processes.items():
        for root in roots:
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in [root, *root.children(recursive=True)]:
                    used.setdefault(name, {})[process.pid] = sum(process.cpu_times()[:2])
    return used


def cores(
    before: Mapping[str, Mapping[int, float]], after: Mapping[str, Mapping[int, float]], seconds: float
) -> dict[str, float]:
    """What the processes that lasted have used between, in cores."""
    return {
        name: sum(value - before[name].get(pid, 0.0) for pid, value in used.items()) / seconds
        for name, used in after.items()
    }


class PatchLoad:
    """One client that patches a monitor again and again, and looks at the clock."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._milliseconds: list[float] = []

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        number = 0
        while time.monotonic() < end:
            number += 1
            began = time.perf_counter()
            body = json.dumps({"name": f"Patched {number}"})
            self._connection.request("PATCH", f"/api/smtp-monitors/{PATCHED}", body, self._headers)
            response = self._connection.getresponse()
            assert response.read()
            assert response.status == 200, response.status
            self._milliseconds.append((time.perf_counter() - began) * 1000)
            time.sleep(PATCH_SECONDS)

    @property
    def p99_ms(self) -> float:
        return sorted(self._milliseconds)[int(len(self._milliseconds) * 0.99)]
