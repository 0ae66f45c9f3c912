"""What keeping every change costs a PATCH: this server with and without, interleaved."""

import contextlib
import tempfile
from pathlib import Path

from tests.bench import database, options, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, emit, medians
from tests.bench.servers import OURS, OURS_UNKEPT, running

MONITORS = 10_000
CONNECTIONS = (1, 256)
BOUND = 0.92


def main(arguments: list[str]) -> int:
    chosen = options.parse("audit", arguments)
    wrk.require()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "audit", monitors=MONITORS)
        servers = [stack.enter_context(running(contestant, loaded, folder)) for contestant in (OURS, OURS_UNKEPT)]
        for server in servers:
            warm_up(server)
        rows = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows += [
                measure(server, connections=connections, seconds=chosen.seconds)
                for connections in CONNECTIONS
                for server in servers
            ]
        table = medians(rows)
        rates = {(row.name, row.connections): row.requests_per_second for row in table}
        bars = [
            Bar(f"{connections} connections, requests/s: × without", kept / rates[OURS_UNKEPT.name, connections], BOUND)
            for (name, connections), kept in rates.items()
            if name == OURS.name
        ]
        return emit(table, bars, postgres_url=url, as_json=chosen.json)
