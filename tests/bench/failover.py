"""PATCHes while the database fails over: a pair of Patroni loses its leader in every way, and nothing acknowledged.

The server is started as its users start it, with both nodes in its DATABASE_URL and no proxy between. Patroni and
etcd are Debian's, PostgreSQL is the embedded one. Where the system allows it, each node is in a network namespace.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.bench import failover_data, failover_network, failover_nodes, options, report
from tests.bench.database import Database
from tests.bench.failover_data import Lost
from tests.bench.failover_events import EVENTS, Event, Outcome, table
from tests.bench.failover_load import Load, Witness, gap, p99, patching, slowest, window
from tests.bench.failover_nodes import Cluster
from tests.bench.guard import guarded
from tests.bench.report import Bar
from tests.bench.servers import OURS, running
from tests.bench.unusable import UnusableError

CLIENTS = 64
WARM_UP = 5.0  # seconds
SETTLING = 10.0  # seconds from the last 503 until the time of answers is measured again
PATIENCE = 120.0  # seconds until every patch is done again
SLOW = 10.0  # seconds until an answer, whatever it says
BEHIND = 3.0  # seconds from the first write of the database until all patches are done


@dataclass(slots=True)
class Run:
    """What happened, and what was written meanwhile."""

    load: Load
    witness: Witness
    outcomes: list[Outcome] = field(default_factory=list)
    unsurvived: int = 0
    unpaired: int = 0
    last_event: float = 0.0  # Unix time


def main(arguments: list[str]) -> int:
    chosen = options.parse("failover", arguments, rounds=3, seconds=10, more=_more)
    failover_nodes.require()
    failover_network.enter(arguments)
    with _cluster() as (folder, cluster):
        events = _possible(chosen.event or list(EVENTS), cluster) * chosen.rounds
        asyncio.run(failover_data.make(cluster))
        database = failover_data.load(cluster, CLIENTS)
        asyncio.run(failover_data.schedule(cluster))
        ours = replace(OURS, environ={"TMPDIR": str(folder)})  # where the guard finds it
        with running(ours, database, folder) as server:
            run = asyncio.run(_run(server.url, database, cluster, events, chosen.seconds))
        lost = asyncio.run(failover_data.lost(cluster, run.load, run.witness))
        checks = asyncio.run(failover_data.checks_since(cluster, run.last_event))
        tracebacks = sum(log.read_text().count("Traceback") for log in folder.glob(f"{ours.name}*.log"))
        about = report.machine(cluster.url("postgres", "postgres"))
    held = bars(run, lost, checks, tracebacks)
    return report.emit_table(run.outcomes, table(run.outcomes), held, about=about, as_json=chosen.json)


def bars(run: Run, lost: Lost, checks: int, tracebacks: int) -> list[Bar]:
    behind = max((one.behind for one in run.outcomes), default=0)
    slow = max((one.slowest for one in run.outcomes), default=0)
    return [
        Bar("monitors whose number is less than the last acknowledged", lost.counters, 0, at_most=True),
        Bar("acknowledged patches without a kept change", lost.changes, 0, at_most=True),
        Bar("acknowledged writes straight to a node that are lost", lost.witnessed, 0, at_most=True),
        Bar("answers other than 200 and 503, or none", sum(run.load.others().values()), 0, at_most=True),
        Bar("events after which patches did not come back", run.unsurvived, 0, at_most=True),
        Bar("events after which the nodes did not become a pair again", run.unpaired, 0, at_most=True),
        Bar("s of 503 after the database was back", behind, BEHIND, at_most=True),
        Bar("s until the slowest answer", slow, SLOW, at_most=True),
        Bar("tracebacks in the log of the server", tracebacks, 0, at_most=True),
        Bar("checks that the agent stored after the last event", checks, 1),
    ]


def _more(parser: argparse.ArgumentParser) -> None:
    words = "what happens in a round, in this order; several allowed; default all"
    parser.add_argument("--event", action="append", choices=EVENTS, help=words)


@contextlib.contextmanager
def _cluster() -> Iterator[tuple[Path, Cluster]]:
    folder = Path(tempfile.mkdtemp(prefix="smtp-monitors-failover-"))
    folder.chmod(0o755)
    with guarded(folder), failover_network.hosts(2) as (center, places):
        cluster = Cluster(folder, center, places)
        cluster.start()
        yield folder, cluster


def _possible(names: Sequence[str], cluster: Cluster) -> list[Event]:
    if "cut" in names and not cluster.nodes[0].host.link:
        print("the network cut is skipped: this system allows no network namespaces", file=sys.stderr)
        names = [name for name in names if name != "cut"]
    return [EVENTS[name] for name in names]


async def _run(url: str, database: Database, cluster: Cluster, events: Sequence[Event], seconds: float) -> Run:
    witness = Witness([cluster.url("postgres", "postgres", [node]) for node in cluster.nodes])
    async with patching(url, database) as load, witness.watching():
        run = Run(load, witness)
        await asyncio.sleep(WARM_UP)
        for event in events:
            await asyncio.sleep(seconds)  # what is measured before
            run.last_event = time.time()
            await _endure(event, cluster, run, seconds)
            if run.unsurvived or run.unpaired:
                break
        await asyncio.sleep(failover_data.CHECK_SECONDS)
    return run


async def _endure(event: Event, cluster: Cluster, run: Run, seconds: float) -> None:
    leader, standby = cluster.leading()
    began = time.monotonic()
    await asyncio.to_thread(event.hurt, leader, standby)
    calm = await run.load.until_calm(began, SETTLING + seconds, PATIENCE)
    mended = time.monotonic()
    await asyncio.to_thread(event.mend, leader, standby)
    if not calm:
        run.unsurvived += 1
        return
    try:
        await asyncio.to_thread(cluster.wait_until_whole)
    except UnusableError as error:  # what was measured until now counts all the same
        print(error, file=sys.stderr)
        run.unpaired += 1
    run.outcomes.append(_outcome(event.name, run, (began, mended, time.monotonic()), seconds))
    print(run.outcomes[-1], file=sys.stderr, flush=True)


def _outcome(name: str, run: Run, times: tuple[float, float, float], seconds: float) -> Outcome:
    samples, (began, mended, ended) = run.load.samples, times
    first, last = window(samples, began, mended) or (began, began)
    away, back = gap(run.witness.written, began, mended)
    rejoining = window(samples, mended, ended) or (mended, mended)
    return Outcome(
        name,
        refused=last - first,
        away=back - away,
        behind=max(last - back, 0.0),
        rejoining=rejoining[1] - rejoining[0],
        slowest=slowest(samples, began, ended),
        p99_before=p99(samples, began - seconds, began),
        p99_after=p99(samples, mended - seconds, mended),
    )
