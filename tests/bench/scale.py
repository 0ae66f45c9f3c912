"""PATCH throughput as the table grows: the same server on databases of different sizes, interleaved."""

import argparse
import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.bench import database, options, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, emit, medians
from tests.bench.servers import OURS, running

SIZES = (10_000, 1_000_000, 5_000_000)
CONNECTIONS = 256
BOUND = 0.9


def main(arguments: list[str]) -> int:
    chosen = options.parse("scale", arguments, more=_sizes)
    wrk.require()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = [database.load(url, f"scale_{size}", monitors=size) for size in chosen.sizes]
        contestants = [replace(OURS, name=f"{size:,} monitors") for size in chosen.sizes]
        servers = [
            stack.enter_context(running(contestant, full, folder))
            for contestant, full in zip(contestants, loaded, strict=True)
        ]
        for server in servers:
            warm_up(server)
        rows = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows += [measure(server, connections=CONNECTIONS, seconds=chosen.seconds) for server in servers]
        table = medians(rows)
        first = table[0]
        ratios = [
            Bar(f"{row.name}, requests/s: × {first.name}'", row.requests_per_second / first.requests_per_second, BOUND)
            for row in table[1:]
        ]
        return emit(table, ratios, postgres_url=url, as_json=chosen.json)


def _sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", type=options.positive, nargs="+", default=SIZES, metavar="N", help="monitors")
