"""One run against one server."""

import sys
import time

from tests.bench import wrk
from tests.bench.report import Row
from tests.bench.servers import Server

WARM_UP_SECONDS = 2


def measure(server: Server, *, connections: int, seconds: int, mode: str = "patch", name: str = "") -> Row:
    """Load it and watch its processes meanwhile; the row has the server's name unless it is given one."""
    started, used = time.monotonic(), server.cpu_seconds()
    load = wrk.run(server, connections=connections, seconds=seconds, mode=mode)
    cpu = (server.cpu_seconds() - used) / (time.monotonic() - started)
    return Row(
        name or server.name,
        connections,
        load.requests_per_second,
        errors=sum(load.errors.values()),
        p50=load.p50,
        p99=load.p99,
        cpu=cpu,
        memory=server.worker_megabytes(),
    )


def warm_up(server: Server, *, mode: str = "patch") -> None:
    wrk.run(server, connections=64, seconds=WARM_UP_SECONDS, mode=mode)


def say_round(number: int, rounds: int) -> None:
    print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
