"""PATCHes of 256 clients while 1,000 listen to what happens, against the same without listeners."""

import contextlib
import tempfile
from pathlib import Path
from statistics import median

from tests.bench import database, options, wrk
from tests.bench.listeners import Listeners
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, Row, emit, medians
from tests.bench.servers import OURS, running

MONITORS = 10_000
CONNECTIONS = 256
LISTENERS = 1000
ALONE, LISTENED = "no listeners", f"{LISTENERS:,} listeners"
P99_BOUND = 1.10


def main(arguments: list[str]) -> int:
    chosen = options.parse("events", arguments, rounds=9, seconds=4)
    wrk.require()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "events", monitors=MONITORS)
        server = stack.enter_context(running(OURS, loaded, folder))
        warm_up(server)
        listeners = stack.enter_context(Listeners(server.port, loaded.token))
        rows: list[Row] = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            for name, count in ((ALONE, 0), (LISTENED, LISTENERS)):
                listeners.be(count)
                rows.append(measure(server, connections=CONNECTIONS, seconds=chosen.seconds, name=name))
        alone, listened = table = medians(rows)
        bars = [
            Bar("p99 with listeners: × without", _of_pairs(rows, "p99"), P99_BOUND, at_most=True),
            Bar("requests/s with listeners: × without", _of_pairs(rows, "requests_per_second"), 1 / P99_BOUND),
            Bar("listeners that were sent away", listeners.lost, 0, at_most=True),
            Bar("errors", alone.errors + listened.errors, 0, at_most=True),
        ]
        return emit(table, bars, postgres_url=url, as_json=chosen.json)


def _of_pairs(rows: list[Row], what: str) -> float:
    """The median over the rounds, each against its own without listeners: the machine's pace drifts."""
    pairs = zip(rows[1::2], rows[::2], strict=True)
    return float(median(getattr(with_them, what) / getattr(without, what) for with_them, without in pairs))
