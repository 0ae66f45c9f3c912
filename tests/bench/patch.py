"""PATCH, side by side: this server with default settings and with one turned off each, two peers, and pgbench."""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import database, options, pgbench, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, Row, emit, medians
from tests.bench.servers import ASYNCPG, OURS, OURS_ALONE, OURS_UNKEPT, SQLALCHEMY, Server, require_peers, running
from tests.bench.unusable import UnusableError

MONITORS = 10_000
CONNECTIONS = (1, 64, 256)
CONTESTANTS = (OURS, OURS_UNKEPT, OURS_ALONE, ASYNCPG, SQLALCHEMY)
PGBENCH = "pgbench"


def main(arguments: list[str]) -> int:
    chosen = options.parse("patch", arguments)
    wrk.require()
    require_peers()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        loaded = database.load(url, "patch", monitors=MONITORS)
        servers = [stack.enter_context(running(contestant, loaded, folder)) for contestant in CONTESTANTS]
        require_equal_answers(servers)
        for server in servers:
            warm_up(server)
        rows: list[Row] = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            rows += _round(servers, folder, chosen.seconds)
        table = medians(rows)
        return emit(table, bars(table), postgres_url=url, as_json=chosen.json)


def require_equal_answers(servers: Sequence[Server]) -> None:
    """Whoever is compared does the same work: the same answer, and a forged token refused."""
    expected: dict[str, object] = {}
    for server in servers:
        token = server.database.token
        status, answer = server.patch({"name": " Monitor ", "port": 465, "status": "paused"}, token=token)
        updated_at = answer.pop("updatedAt", "")
        expected = expected or answer
        if status != 200 or answer != expected or list(answer) != list(expected) or not updated_at.endswith("Z"):
            raise UnusableError(f"{server.name} answers differently: {status} {answer}")
        if server.patch({"name": "Monitor"}, token=f"{token[:-6]}forged")[0] != 401:
            raise UnusableError(f"{server.name} takes a forged token")


def bars(rows: Sequence[Row]) -> list[Bar]:
    """The medians against what they have to reach."""
    by_run = {(row.name, row.connections): row for row in rows}
    ours, plain, orm = (by_run[contestant.name, 256] for contestant in (OURS, ASYNCPG, SQLALCHEMY))
    alone, plain_alone = (by_run[contestant.name, 1] for contestant in (OURS, ASYNCPG))
    best = max(row.requests_per_second for row in rows if row.name == PGBENCH)
    rate = ours.requests_per_second
    return [
        Bar("256 connections, requests/s: × FastAPI + asyncpg", rate / plain.requests_per_second, 10),
        Bar("256 connections, requests/s: × FastAPI + SQLAlchemy", rate / orm.requests_per_second, 15),
        Bar("256 connections, requests/s: × pgbench's best", rate / best, 1),
        Bar("256 connections, p99: × FastAPI + asyncpg's p50", _ratio(ours.p99, plain.p50), 1, at_most=True),
        Bar("1 connection, p50: × FastAPI + asyncpg's", _ratio(alone.p50, plain_alone.p50), 0.45, at_most=True),
    ]


def _ratio(one: float | None, other: float | None) -> float:
    return one / other if one is not None and other else float("nan")


def _round(servers: Sequence[Server], folder: Path, seconds: int) -> list[Row]:
    rows = [
        measure(server, connections=connections, seconds=seconds) for connections in CONNECTIONS for server in servers
    ]
    rates = pgbench.run(servers[0].database, folder, seconds=seconds)
    return rows + [Row(PGBENCH, clients, rate) for clients, rate in rates.items()]
