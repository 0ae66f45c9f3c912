"""Ten thousand connections at once: no answer but 200 and 503, no broken socket, and memory that stays small."""

import contextlib
import resource
import tempfile
from pathlib import Path

from tests.bench import database, options, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, emit, medians
from tests.bench.servers import OURS, running
from tests.bench.unusable import UnusableError

MONITORS = 10_000
CONNECTIONS = 10_000
FILES = CONNECTIONS + 500  # one process may get all of the connections
MEGABYTES = 1000


def main(arguments: list[str]) -> int:
    chosen = options.parse("connections", arguments, rounds=1, seconds=20)
    wrk.require()
    _allow_files()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "connections", monitors=MONITORS)
        server = stack.enter_context(running(OURS, loaded, folder))
        warm_up(server)
        rows = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows.append(measure(server, connections=CONNECTIONS, seconds=chosen.seconds, mode="statuses"))
        together = server.megabytes()
        bars = [
            Bar("errors other than 503", sum(row.errors for row in rows), 0, at_most=True),
            Bar("MB of all processes", together, MEGABYTES, at_most=True),
        ]
        return emit(medians(rows), bars, postgres_url=url, as_json=chosen.json)


def _allow_files() -> None:
    """Let the processes started from here open a file for each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        raise UnusableError(f"{FILES} open files are needed, and the limit is {hard}")
    if soft != resource.RLIM_INFINITY and soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
