"""PATCHes of 64 organizations at once against those of one: the same monitors, the same server."""

import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.bench import database, options, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, emit, medians
from tests.bench.servers import OURS, running

MONITORS = 10_000
ORGANIZATIONS = (1, 64)
CONNECTIONS = 256
BOUND = 0.95


def main(arguments: list[str]) -> int:
    chosen = options.parse("tenants", arguments)
    wrk.require()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        servers = []
        for number in ORGANIZATIONS:
            loaded = database.load(url, f"tenants_{number}", monitors=MONITORS, organizations=number)
            contestant = replace(OURS, name=f"organizations: {number}")
            servers.append(stack.enter_context(running(contestant, loaded, folder)))
        for server in servers:
            warm_up(server)
        rows = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows += [measure(server, connections=CONNECTIONS, seconds=chosen.seconds) for server in servers]
        one, many = table = medians(rows)
        ratio = many.requests_per_second / one.requests_per_second
        bars = [
            Bar(f"{many.name}, requests/s: × one's", ratio, BOUND),
            Bar("errors", one.errors + many.errors, 0, at_most=True),
        ]
        return emit(table, bars, postgres_url=url, as_json=chosen.json)
