"""Lists of a large organization against those of a small one, over HTTP, on a database of their own."""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
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
LIMIT = 5.0  # times the small organization's first page
FILL = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, port, status, smtp_config)
    SELECT $1, $2 + n % $3, 'Monitor ' || n, 'mail' || n || '.example.com', 587,
           CASE WHEN n % 10 = 0 THEN 'disabled' ELSE 'active' END, '{"secure":false,"requireTls":true}'
      FROM generate_series(1, $4::bigint) AS n
"""
# what is asked, by whom, and whether the promise is about it
CASES: dict[str, tuple[str, str, bool]] = {
    "small, page 1": ("small", "", True),
    "small, page 200, its last": ("small", "page=200", False),
    "large, page 1": ("large", "", True),
    "large, page 1,000": ("large", "page=1000", True),
    "large, its last page": ("large", "page={last}", False),
    "large, one customer, page 1": ("large", "customerId=1000", False),
    "large, one customer, page 200": ("large", "customerId=1000&page=200", False),
    "large, user of 1 customer, page 1": ("of one", "", False),
    "large, user of 20 customers, page 1": ("of twenty", "", False),
    "large, user of 20 customers, page 1,000": ("of twenty", "page=1000", False),
    "large, status=disabled, page 1": ("large", "status=disabled", False),
    "large, search=mail77, page 1": ("large", "search=mail77", False),
}
USERS: dict[str, tuple[int, list[int] | None]] = {
    "small": (1, None),
    "large": (2, None),
    "of one": (2, [1000]),
    "of twenty": (2, list(range(1000, 1020))),
}


def main(arguments: list[str]) -> int:
    """Print the median of each case; 1 if a promised one is not under 5 times the first."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench list", description=__doc__)
    parser.add_argument("--rounds", type=int, default=25, metavar="N", help="requests for each case (25)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory, embedded.database(Path(directory), exclusive=True) as url:
        migrations.migrate(url)
        return asyncio.run(_measure(url, options))


async def _measure(url: str, options: argparse.Namespace) -> int:
    config = Config(database_url=url, jwt_secret=generate_key(), key_ring=KeyRing.parse(generate_key()))
    tokens = await _fill(config)
    runner = ServerRunner(create_app(config), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        [address] = runner.addresses
        async with aiohttp.ClientSession(f"http://127.0.0.1:{address[1]}") as session:
            return _report(await _ask(session, tokens, rounds=options.rounds, last=LARGE // 50))
    finally:
        await runner.cleanup()


async def _fill(config: Config) -> dict[str, str]:
    """Two organizations, of 10 and of 100 customers, and a token of each of USERS."""
    connection = await asyncpg.connect(config.database_url)
    try:
        started = time.monotonic()
        await connection.execute("""
            INSERT INTO organizations (id, name) VALUES (1, 'Small'), (2, 'Large');
            INSERT INTO customers (organization_id, id, name)
            SELECT 1, n, 'Customer ' || n FROM generate_series(1, 10) n;
            INSERT INTO customers (organization_id, id, name)
            SELECT 2, n, 'Customer ' || n FROM generate_series(1000, 1099) n;
        """)
        await connection.execute(FILL, 1, 1, 10, SMALL)
        await connection.execute(FILL, 2, 1000, 100, LARGE)
        # what autovacuum does by itself within minutes of such an insert
        await connection.execute("VACUUM (ANALYZE) smtp_monitors")
        await connection.execute("ANALYZE")
        print(f"{SMALL + LARGE:,} monitors made in {time.monotonic() - started:.0f} s", flush=True)
        return {who: await _token(connection, config, who) for who in USERS}
    finally:
        await connection.close()


async def _token(connection: asyncpg.Connection, config: Config, who: str) -> str:
    organization_id, customer_ids = USERS[who]
    email = f"{who.replace(' ', '-')}@example.com"
    await sql.users.insert(
        connection, organization_id, email=email, password_hash="x", name=who, role="user", customer_ids=customer_ids
    )
    user = await sql.users.select_login(connection, email)
    assert user is not None
    token, _ = await open_session(connection, user, Signer(config.jwt_secret), hours=1)
    return token


async def _ask(
    session: aiohttp.ClientSession, tokens: dict[str, str], *, rounds: int, last: int
) -> dict[str, list[float]]:
    """Milliseconds of each case, the cases interleaved, after one round that is not counted."""
    times: dict[str, list[float]] = {case: [] for case in CASES}
    for number in range(rounds + 1):
        for case, (who, query, _) in CASES.items():
            headers = {"Authorization": f"Bearer {tokens[who]}"}
            started = time.perf_counter()
            async with session.get(f"/api/smtp-monitors?{query.format(last=last)}", headers=headers) as response:
                body: dict[str, Any] = await response.json()
            if number:
                times[case].append((time.perf_counter() - started) * 1000)
            if response.status != 200 or len(body["items"]) != 50:
                raise SystemExit(
                    f"{case}: {response.status} with {len(body.get('items', ()))} items: {str(body)[:200]}"
                )
    return times


def _report(times: dict[str, list[float]]) -> int:
    medians = {case: statistics.median(values) for case, values in times.items()}
    first = next(iter(medians.values()))
    broken = [case for case, (_, _, promised) in CASES.items() if promised and medians[case] >= LIMIT * first]
    for case, median in medians.items():
        promised = f"  (promised: under {LIMIT:g})" if CASES[case][2] else ""
        print(f"{case:42} p50 {median:8.2f} ms  max {max(times[case]):8.2f} ms  ratio {median / first:6.2f}{promised}")
    for case in broken:
        print(f"not kept: {case}", file=sys.stderr)
    return 1 if broken else 0
