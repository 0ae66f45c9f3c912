"""Where the microseconds of a PATCH go: a worker under load, its stack sampled, and what its database does meanwhile.

The processor time of all workers is measured, and divided by what py-spy's samples of one of them show. A sample
counts for the innermost function that a stage knows. What is compiled, such as the driver, counts for its caller.
"""

import argparse
import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from tests.bench import database, options, wrk
from tests.bench.measure import warm_up
from tests.bench.servers import OURS, Server, running
from tests.bench.unusable import UnusableError

MONITORS = 10_000
SAMPLES = 500  # a second
# the first that fits a frame, from the innermost frame outwards
STAGES = {
    "log and metrics": r"server/http/traces\.py|_leave_trace ",
    "write": r"(prepare|write_eof) \(server/http/answers\.py|connection_lost ",
    "answer": r"(represent|to_answer|with_password) \(server/resources|server/http/(answers|times)\.py",
    "body": r"read_object|monitor_id|if_match|server/(fields|resources)/|server/handlers/",
    "auth": r"auth \(server/serving/middlewares|server/access/",
    "statement": r"asyncpg/",
    "queue": r"sql/",
    "parse and dispatch": r"aiohttp/(?!worker)|yarl/|multidict/|server/serving/|server/http/requests\.py",
    "event loop": r"",
}
DATABASE = """
    SELECT coalesce(sum(fsync_time) FILTER (WHERE object = 'wal'), 0) AS synced,
           (SELECT sum(n_tup_upd) FROM pg_stat_user_tables WHERE relname = 'smtp_monitors') AS updated,
           (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS committed
      FROM pg_stat_io
"""


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of processor time, of waiting for WAL to be durable, updated rows and commits, so far."""

    workers: float
    backends: float
    synced: float
    updated: int
    committed: int


def main(arguments: list[str]) -> int:
    chosen = options.parse("profile", arguments, rounds=1, seconds=10, more=_connections)
    wrk.require()
    if shutil.which("py-spy", path=Path(sys.executable).parent) is None:
        raise UnusableError("py-spy is missing; install it with: .venv/bin/pip install -e '.[bench]'")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "profile", monitors=MONITORS)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET track_wal_io_timing = on")
            connection.execute("SELECT pg_reload_conf()")
        server = stack.enter_context(running(OURS, loaded, folder))
        warm_up(server)
        with psycopg.connect(loaded.url, autocommit=True) as connection:
            before = _used(server, connection)
            samples, load = _sampled(server, folder, chosen.connections, chosen.seconds)
            after = _used(server, connection)
    _tell(before, after, samples, load)
    return 0


def _connections(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--connections", type=options.positive, default=256, metavar="N", help="default 256")


def _sampled(server: Server, folder: Path, connections: int, seconds: int) -> tuple[Counter[str], wrk.Load]:
    """How many samples each stage has, and what the load was."""
    out = folder / "stacks"
    command = [str(Path(sys.executable).parent / "py-spy"), "record", "--nonblocking", "--format", "raw"]
    command += ["--rate", str(SAMPLES), "--duration", str(seconds), "--output", str(out)]
    sampling = subprocess.Popen(
        [*command, "--pid", str(server.workers()[0].pid)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    load = wrk.run(server, connections=connections, seconds=seconds)
    _, said = sampling.communicate(timeout=60)
    if sampling.returncode != 0:
        raise UnusableError(f"py-spy failed: {said.strip()}")
    samples: Counter[str] = Counter()
    for line in out.read_text().splitlines():
        stack, _, number = line.rpartition(" ")
        samples[_stage(stack.split(";"))] += int(number)
    return samples, load


def _stage(stack: list[str]) -> str:
    for frame in reversed(stack):
        for stage, pattern in STAGES.items():
            if pattern and re.search(pattern, frame):
                return stage
    return "event loop"


def _used(server: Server, connection: "psycopg.Connection[tuple[object, ...]]") -> Used:
    connection.execute("SELECT pg_stat_clear_snapshot()")
    rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'smtp-monitors batches'")
    backends = [psutil.Process(int(str(pid))) for (pid,) in rows]
    row = connection.execute(DATABASE).fetchone()
    assert row is not None
    synced, updated, committed = (float(str(value)) for value in row)
    workers, batches = (sum(sum(one.cpu_times()[:2]) for one in these) for these in (server.workers(), backends))
    return Used(workers, batches, synced / 1000, int(updated), int(committed))


def _tell(before: Used, after: Used, samples: Counter[str], load: wrk.Load) -> None:
    patches = after.updated - before.updated
    spent = (after.workers - before.workers) / patches * 1e6
    print(f"{load.requests_per_second:,.0f} PATCH/s, p50 {load.p50:.1f} ms, errors {sum(load.errors.values())}\n")
    print("| processor time of a PATCH | µs |\n|---|---:|")
    for stage in STAGES:
        print(f"| {stage} | {samples[stage] / samples.total() * spent:.1f} |")
    print(f"| **the worker together** | {spent:.1f} |")
    print(f"| PostgreSQL: statement and commit | {(after.backends - before.backends) / patches * 1e6:.1f} |")
    commits = after.committed - before.committed
    waited = (after.synced - before.synced) / commits * 1e3
    print(f"\n{patches / commits:.0f} rows for a commit, which waits {waited:.2f} ms until its WAL is durable")
