"""The contestants: each a server with a worker for each core, on a port of its own, running until stopped."""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

from tests.bench.database import Database
from tests.bench.unusable import UnusableError
from tests.ports import free_port

PROJECT = Path(__file__).parent.parent.parent
WORKERS = len(os.sched_getaffinity(0))
START_SECONDS = 60
STOP_SECONDS = 20
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")


@dataclass(frozen=True, slots=True)
class Contestant:
    """How to start a server: arguments of *program*, among them ``{port}``, and its own environment.

    One that is not *equal* does less work than the others: its answer is not compared.
    """

    name: str
    arguments: tuple[str, ...]
    environ: dict[str, str] = field(default_factory=dict)
    program: str = sys.executable
    equal: bool = True


# as its users run it: every change kept, every request logged, an agent beside the workers
OURS = Contestant("this server", ("run.py", "serve", "--workers", str(WORKERS)))
OURS_UNKEPT = Contestant("changes not kept", OURS.arguments, {"AUDIT": "OFF"})
OURS_ALONE = Contestant("group commit off", OURS.arguments, {"GROUP_COMMIT_ROWS": "1"})


def _fastapi(name: str, module: str) -> Contestant:
    application = f"tests.bench.peers.{module}:app"
    return Contestant(name, ("-m", "uvicorn", application, "--port", "{port}", "--workers", str(WORKERS), *UVICORN))


ASYNCPG = _fastapi("FastAPI + asyncpg", "fastapi_asyncpg")
SQLALCHEMY = _fastapi("FastAPI + SQLAlchemy", "fastapi_sqlalchemy")
FASTIFY_FOLDER = Path(__file__).parent / "peers" / "fastify"
FASTIFY = Contestant(
    "fastify + postgres.js", (str(FASTIFY_FOLDER / "server.js"), "{port}", str(WORKERS)), program="node"
)
PLAIN = Contestant(
    "plain aiohttp, no work",
    (
        *("-m", "gunicorn", "tests.bench.peers.plain_aiohttp:app", "--bind", "127.0.0.1:{port}", "--reuse-port"),
        *("--workers", str(WORKERS), "--worker-class", "aiohttp.GunicornUVLoopWebWorker", "--log-level", "warning"),
    ),
    equal=False,
)


@dataclass(frozen=True, slots=True)
class Server:
    """A contestant that runs, serving *database*."""

    name: str
    database: Database
    port: int
    process: subprocess.Popen[bytes]
    equal: bool = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """Used so far by all of its processes."""
        return sum(float(sum(process.cpu_times()[:2])) for process in self._processes())

    def workers(self) -> list[psutil.Process]:
        """Those that serve, without their master and the agent."""
        return [one for one in psutil.Process(self.process.pid).children() if "agent" not in one.cmdline()]

    def megabytes(self) -> float:
        """Memory of all of its processes; what several share is counted once."""
        return sum(float(process.memory_full_info().pss) for process in self._processes()) / 1e6

    def worker_megabytes(self) -> float:
        """Resident memory of the largest of its processes."""
        return max(float(process.memory_info().rss) for process in self._processes()) / 1e6

    def patch(self, body: object, *, token: str) -> tuple[int, dict[str, Any]]:
        """Patch the first monitor: the status and the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with contextlib.closing(connection):
            connection.request("PATCH", self.database.first_path, json.dumps(body), headers)
            response = connection.getresponse()
            body = response.read()
            return response.status, json.loads(body) if self.equal else {}

    def _processes(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]


@contextlib.contextmanager
def running(contestant: Contestant, database: Database, folder: Path) -> Iterator[Server]:
    """Start it, wait until it patches, stop it at the end; its log is in *folder*."""
    log = folder / f"{contestant.name} {database.monitors}.log"
    port = free_port()
    command = [contestant.program, *(argument.format(port=port) for argument in contestant.arguments)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=_environ(database, port) | contestant.environ,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us, who stop it in order
        )
    try:
        server = Server(contestant.name, database, port, process, contestant.equal)
        _wait_until_it_answers(server, log)
        yield server
    finally:
        _stop(process)


def fastify() -> list[Contestant]:
    """fastify, where Node and its packages are there."""
    if shutil.which("node") is None:
        print("fastify is left out: node is missing", file=sys.stderr)
    elif not (FASTIFY_FOLDER / "node_modules").exists():
        print(f"fastify is left out: npm install --prefix {FASTIFY_FOLDER}", file=sys.stderr)
    else:
        return [FASTIFY]
    return []


def require_peers() -> None:
    for module in ("fastapi", "uvicorn", "sqlalchemy"):
        if importlib.util.find_spec(module) is None:
            raise UnusableError(f"{module} is missing; install it with: .venv/bin/pip install -e '.[bench]'")


def _environ(database: Database, port: int) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return inherited | {
        "DATABASE_URL": database.url,
        "JWT_SECRET": database.jwt_secret,
        "SECRETS_KEY": database.secrets_key,
        "PORT": str(port),
    }


def _wait_until_it_answers(server: Server, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    status, answer = 0, dict[str, Any]()
    while status != 200:
        if server.process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:]
            raise UnusableError(f"{server.name} does not answer: {status} {answer}\n{tail}")
        time.sleep(0.05)
        with contextlib.suppress(OSError, ValueError):
            status, answer = server.patch({}, token=server.database.token)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then end whatever of it is left."""
    try:
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        tree = []
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    for left in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.kill()
    process.wait(STOP_SECONDS)
