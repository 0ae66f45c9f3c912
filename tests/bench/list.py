"""Lists of an organization of 1,000,000 monitors, over HTTP, on a database of their own."""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
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
from tests.bench.list_cases import CASES, CHANGE, FILL, LARGE, LATER, SETUP, SMALL, STATES, USERS, Case


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
