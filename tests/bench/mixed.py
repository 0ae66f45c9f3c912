"""Mixed requests, many of them for few monitors, against PATCHes of one shape."""

import contextlib
import tempfile
from pathlib import Path

from tests.bench import database, options, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, emit, medians
from tests.bench.servers import OURS, running

MONITORS = 10_000
CONNECTIONS = 256
# the lists of the last one are of many pages, so that hardly two ask the same
MODES = {"PATCH of one shape": "patch", "mixed requests": "mixed", "mixed, each list another page": "pages"}
BOUND = 0.6


def main(arguments: list[str]) -> int:
    chosen = options.parse("mixed", arguments)
    wrk.require()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "mixed", monitors=MONITORS)
        server = stack.enter_context(running(OURS, loaded, folder))
        for mode in MODES.values():
            warm_up(server, mode=mode)
        rows = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows += [
                measure(server, connections=CONNECTIONS, seconds=chosen.seconds, mode=mode, name=name)
                for name, mode in MODES.items()
            ]
        single, mixed, pages = table = medians(rows)
        bars = [
            *(
                Bar(
                    f"{row.name}, requests/s: × one shape's",
                    row.requests_per_second / single.requests_per_second,
                    BOUND,
                )
                for row in (mixed, pages)
            ),
            Bar("errors", single.errors + mixed.errors + pages.errors, 0, at_most=True),
        ]
        return emit(table, bars, postgres_url=url, as_json=chosen.json)
