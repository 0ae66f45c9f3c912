"""Lists of an organization of 1,000,000 monitors, over HTTP, on a database of their own."""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web

import sql
from server.access.key_ring import KeyRing, generate_key
from server.access.sessions import open_session
from server.access.signer import Signer
from server.cli import embedded, migrations
from server.serving.app import create_app
from server.serving.config import Config
from server.serving.protocol import ServerRunner

SMALL, LARGE = 10_000, 1_000_000
CHANGED = 10_000  # monitors that are not indexed yet when the last cases are asked
SETUP = f"""
    INSERT INTO organizations (id, name, max_smtp_monitors) VALUES (1, 'Small', {SMALL}), (2, 'Large', {LARGE});
    INSERT INTO customers (organization_id, id, name)
    SELECT 1, n, 'Customer ' || n FROM generate_series(1, 10) n;
    INSERT INTO customers (organization_id, id, name)
    SELECT 2, n, 'Customer ' || n FROM generate_series(1000, 2000) n;
"""
# half of the large organization's monitors are of customer 1000, the others of 1,000 more
FILL = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, port, status, smtp_config)
    SELECT $1::bigint, CASE WHEN $1::bigint = 1 THEN 1 + n % 10 WHEN n % 2 = 0 THEN 1000 ELSE 1001 + n / 2 % 1000 END,
           'Monitor ' || n, 'mail' || n || '.example.com', 587,
           CASE WHEN n / 2 % 10 = 0 THEN 'disabled' WHEN n / 2 % 1000 = 1 THEN 'maintenance' ELSE 'active' END,
           '{"secure":false,"requireTls":true}'
      FROM generate_series(1, $2::bigint) AS n
"""
# what an engine has written: of 1,000,000 there are 4,000 down, 4,000 with warnings and 2,000 unknown
STATES = """
    INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, last_checked_at, state, state_since)
    SELECT organization_id, id, now(),
           CASE id / 7 % 500 WHEN 1 THEN 'down' WHEN 2 THEN 'down' WHEN 3 THEN 'warning' WHEN 4 THEN 'warning'
                             WHEN 5 THEN 'unknown' ELSE 'up' END,
           now() - make_interval(secs => id * 7919 % 1000003)
      FROM smtp_monitors
"""
CHANGE = f"UPDATE smtp_monitors SET name = 'Changed' || id WHERE organization_id = 2 AND id % {LARGE // CHANGED} = 0"
USERS: dict[str, tuple[int, list[int] | None]] = {
    "small": (1, None),
    "large": (2, None),
    "one customer": (2, [1000]),
    "1,000 customers": (2, list(range(1001, 2001))),
}
FIRST = "small, page 1"


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked by whom, and at most how long it takes: *ms*, or so many times another case."""

    who: str
    query: str
    ms: float | None = None
    times: tuple[float, str] | None = None
    path: str = "/api/smtp-monitors"


def _of(who: str) -> dict[str, Case]:
    """The same for a user of one customer and for one of 1,000, who have half a million monitors each."""
    kinds = {
        "page 1": "",
        "page 1,000": "page=1000",
        "last page": "page=10000",
        "after the middle": "after={middle}",
        "status=disabled": "status=disabled",
        "search=mail77": "search=mail77",
        "state=down&sort=state": "state=down&sort=state",
    }
    bars = {kind: (2.0, f"one customer, {kind}") for kind in kinds if who != "one customer" and kind != "page 1,000"}
    return {f"{who}, {kind}": Case(who, query, times=bars.get(kind)) for kind, query in kinds.items()}


CASES: dict[str, Case] = {
    FIRST: Case("small", ""),
    "small, page 200, its last": Case("small", "page=200"),
    "page 1": Case("large", "", times=(5.0, FIRST)),
    "page 1,000": Case("large", "page=1000", times=(5.0, FIRST)),
    "page 10,000 of 20,000": Case("large", "page=10000"),
    "last page": Case("large", "page=20000", ms=10.0),
    "after the middle": Case("large", "after={middle}", ms=10.0),
    "customerId": Case("large", "customerId=1500"),
    "status=active, 899,000": Case("large", "status=active", ms=50.0),
    "status=disabled, 100,000": Case("large", "status=disabled", ms=50.0),
    "status=maintenance, 1,000": Case("large", "status=maintenance", ms=50.0),
    "status=active, last page": Case("large", "status=active&page=17980", ms=10.0),
    "search=mail77, 11,111": Case("large", "search=mail77", ms=50.0),
    "search=mail77, last page": Case("large", "search=mail77&page=222", ms=50.0),
    "search=mail7777&status=active": Case("large", "search=mail7777&status=active", ms=50.0),
    "search=customer 15, 55,000": Case("large", "search=customer%2015", ms=50.0),
    "search=example.com, all": Case("large", "search=example.com"),
    "search=example.com, after": Case("large", "search=example.com&after={middle}", ms=50.0),
    "state=down": Case("large", "state=down", ms=10.0),
    "state=down&sort=state": Case("large", "state=down&sort=state", ms=10.0),
    "state=down&sort=-stateSince": Case("large", "state=down&sort=-stateSince", ms=10.0),
    "state=down,warning&sort=name": Case("large", "state=down,warning&sort=name", ms=50.0),
    "sort=state": Case("large", "sort=state", ms=10.0),
    "sort=stateSince": Case("large", "sort=stateSince", ms=10.0),
    "sort=name, page 100": Case("large", "sort=name&page=100", ms=50.0),
    "search=mail7777&sort=state": Case("large", "search=mail7777&sort=state", ms=50.0),
    "summary, 1,001 customers": Case("large", "", ms=50.0, path="/api/summary"),
    "one customer, summary": Case("one customer", "", ms=10.0, path="/api/summary"),
    **_of("one customer"),
    **_of("1,000 customers"),
}
# the same while so many changes are not indexed yet
LATER: dict[str, Case] = {
    f"{CHANGED:,} changed: {name}": Case("large", query)
    for name, query in {
        "status=active": "status=active",
        "search=mail77": "search=mail77",
        "state=down": "state=down&sort=state",
    }.items()
}
LATER[f"{CHANGED:,} changed: summary"] = Case("large", "", path="/api/summary")


def main(arguments: list[str]) -> int:
    """Print the median of each case; 1 if one takes longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench list", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, metavar="N", help="requests for each case (25)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory, embedded.database(Path(directory), exclusive=True) as url:
        migrations.migrate(url)
        return asyncio.run(_measure(url, options.rounds))


async def _measure(url: str, rounds: int) -> int:
    config = Config(database_url=url, jwt_secret=generate_key(), key_ring=KeyRing.parse(generate_key()))
    connection = await asyncpg.connect(url)
    runner = ServerRunner(create_app(config), access_log=None)
    try:
        tokens = await _fill(connection, config)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        [address] = runner.addresses
        async with aiohttp.ClientSession(f"http://127.0.0.1:{address[1]}") as session:
            middle = (await _get(session, tokens, Case("large", "page=10000")))["next"]
            times = await _ask(session, tokens, CASES, rounds=rounds, middle=middle)
            await connection.execute(CHANGE)
            times |= await _ask(session, tokens, LATER, rounds=rounds, middle=middle)
        return _report(times)
    finally:
        await runner.cleanup()
        await connection.close()


async def _fill(connection: asyncpg.Connection, config: Config) -> dict[str, str]:
    """Two organizations, and a token of each of USERS."""
    started = time.monotonic()
    await connection.execute(SETUP)
    await connection.execute(FILL, 1, SMALL)
    await connection.execute(FILL, 2, LARGE)
    await connection.execute(STATES)
    made = time.monotonic()
    # what agents and autovacuum do by themselves
    indexed = 1
    while indexed:
        async with connection.transaction():
            indexed = await sql.smtp_monitor_index.index_some(connection, 10_000)
    for table in ("smtp_monitors", "indexed_smtp_monitors", "unindexed_smtp_monitors"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")
    await connection.execute("ANALYZE")
    seconds = f"made in {made - started:.0f} s, indexed in {time.monotonic() - made:.0f} s"
    print(f"{SMALL + LARGE:,} monitors {seconds}", flush=True)
    return {who: await _token(connection, config, who) for who in USERS}


async def _token(connection: asyncpg.Connection, config: Config, who: str) -> str:
    organization_id, customer_ids = USERS[who]
    email = f"{who.replace(' ', '-').replace(',', '')}@example.com"
    await sql.users.insert(
        connection, organization_id, email=email, password_hash="x", name=who, role="user", customer_ids=customer_ids
    )
    user = await sql.users.select_login(connection, email)
    assert user is not None
    token, _ = await open_session(connection, user, Signer(config.jwt_secret), hours=1)
    return token


async def _ask(
    session: aiohttp.ClientSession, tokens: Mapping[str, str], cases: Mapping[str, Case], *, rounds: int, middle: str
) -> dict[str, list[float]]:
    """Milliseconds of each case, the cases interleaved, after six rounds that are not counted.

    PostgreSQL plans a statement anew five times.
    """
    times: dict[str, list[float]] = {case: [] for case in cases}
    for number in range(-6, rounds):
        for name, case in cases.items():
            started = time.perf_counter()
            await _get(session, tokens, case, middle)
            if number >= 0:
                times[name].append((time.perf_counter() - started) * 1000)
    return times


async def _get(
    session: aiohttp.ClientSession, tokens: Mapping[str, str], case: Case, middle: str = ""
) -> dict[str, Any]:
    path = f"{case.path}?{case.query.format(middle=middle)}"
    async with session.get(path, headers={"Authorization": f"Bearer {tokens[case.who]}"}) as response:
        body: dict[str, Any] = await response.json()
    if response.status != 200 or not (body.get("items") or body.get("states")):
        raise SystemExit(f"{path}: {response.status} with {str(body)[:200]}")
    return body


def _report(times: Mapping[str, list[float]]) -> int:
    medians = {name: statistics.median(values) for name, values in times.items()}
    missed = 0
    for name, median in medians.items():
        bound, words = _bound(CASES.get(name), medians)
        verdict = "" if bound is None else f"  {'holds ' if median < bound else 'MISSED'} {words}"
        missed += bound is not None and median >= bound
        print(f"{name:36} p50 {median:8.2f} ms  max {max(times[name]):8.2f} ms{verdict}")
    print(f"{missed} missed", file=sys.stderr)
    return 1 if missed else 0


def _bound(case: Case | None, medians: Mapping[str, float]) -> tuple[float | None, str]:
    """How many milliseconds a case may take, and why."""
    if case is None or (case.ms is None and case.times is None):
        return None, ""
    if case.times is None:
        return case.ms, f"under {case.ms:g} ms"
    factor, other = case.times
    return factor * medians[other], f"under {factor:g} × {other}"
