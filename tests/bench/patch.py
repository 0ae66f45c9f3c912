"""PATCH, side by side: this server with default settings and with one turned off each, its peers, and pgbench.

The peers do what they must and no more: their token is verified and their body validated, nothing is looked up, and
they write a lean table. This server does all that it does for its users.
"""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import database, lean, options, pgbench, wrk
from tests.bench.measure import measure, say_round, warm_up
from tests.bench.report import Bar, Row, emit, medians
from tests.bench.servers import (
    ASYNCPG,
    OURS,
    OURS_ALONE,
    OURS_UNKEPT,
    PLAIN,
    SQLALCHEMY,
    Server,
    fastify,
    require_peers,
    running,
)
from tests.bench.unusable import UnusableError

MONITORS = 10_000
CONNECTIONS = (1, 64, 256)


def main(arguments: list[str]) -> int:
    chosen = options.parse("patch", arguments, rounds=7, seconds=3)
    wrk.require()
    require_peers()
    peers = [ASYNCPG, SQLALCHEMY, *fastify(), PLAIN]
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database.postgres())
        ours = database.load(url, "patch", monitors=MONITORS)
        theirs = lean.copy(ours)
        contestants = [(one, ours) for one in (OURS, OURS_UNKEPT, OURS_ALONE)] + [(one, theirs) for one in peers]
        servers = [stack.enter_context(running(one, loaded, folder)) for one, loaded in contestants]
        require_equal_answers(servers)
        for server in servers:
            warm_up(server)
        rows: list[Row] = []
        for number in range(1, chosen.rounds + 1):
            say_round(number, chosen.rounds)
            for connections in CONNECTIONS:
                rows += [measure(server, connections=connections, seconds=chosen.seconds) for server in servers]
            rows += pgbench.run(pgbench.LEAN, theirs, folder, seconds=chosen.seconds)
            rows += pgbench.run(pgbench.OURS, ours, folder, seconds=chosen.seconds)
        table = medians(rows)
        return emit(table, bars(table), postgres_url=url, as_json=chosen.json)


def require_equal_answers(servers: Sequence[Server]) -> None:
    """Whoever is compared does the same work: the same answer, and a forged token refused."""
    expected: dict[str, object] = {}
    for server in servers:
        if not server.equal:
            continue
        token = server.database.token
        status, answer = server.patch({"name": " Monitor ", "port": 465, "status": "paused"}, token=token)
        updated_at = answer.pop("updatedAt", "")
        expected = expected or answer
        if status != 200 or answer != expected or list(answer) != list(expected) or not updated_at.endswith("Z"):
            raise UnusableError(f"{server.name} answers differently: {status} {answer}\nexpected: {expected}")
        if server.patch({"name": "Monitor"}, token=f"{token[:-6]}forged")[0] != 401:
            raise UnusableError(f"{server.name} takes a forged token")


def bars(rows: Sequence[Row]) -> list[Bar]:
    """The medians against what they have to reach."""
    at = {(row.name, row.connections): row for row in rows}
    best = max(row.requests_per_second for row in rows if row.name == pgbench.LEAN)

    def rate(name: str, connections: int) -> float:
        return at[name, connections].requests_per_second

    few, many, alone = rate(OURS.name, 64), rate(OURS.name, 256), at[OURS.name, 1]
    return [
        Bar("256 connections, requests/s: × pgbench's best on the lean table", many / best, 1),
        Bar("256 connections, requests/s: × FastAPI + asyncpg", many / rate(ASYNCPG.name, 256), 10),
        Bar("64 connections, requests/s: × FastAPI + asyncpg", few / rate(ASYNCPG.name, 64), 8),
        Bar("256 connections, requests/s: × FastAPI + SQLAlchemy", many / rate(SQLALCHEMY.name, 256), 15),
        Bar("256 connections, requests/s: × plain aiohttp", many / rate(PLAIN.name, 256), 0.75),
        Bar("256 connections, requests/s: × changes not kept", many / rate(OURS_UNKEPT.name, 256), 0.92),
        Bar("1 connection, p50: × FastAPI + asyncpg's", _ratio(alone.p50, at[ASYNCPG.name, 1].p50), 0.42, at_most=True),
    ]


def _ratio(one: float | None, other: float | None) -> float:
    return one / other if one is not None and other else float("nan")
