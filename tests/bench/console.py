"""Pages of the console with 10,000 monitors, three hundredths of which fail: how long the server takes for each.

Then what stands behind them: 1,000 listeners beside PATCHes, and status pages.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp
import asyncpg
from playwright.sync_api import sync_playwright

import sql
from tests.bench import database, events, status_pages
from tests.bench.report import Bar, Row, emit
from tests.bench.servers import OURS, running
from tests.console.browsing import ARGUMENTS

MONITORS = 10_000
MS, PAINT_MS = 50.0, 300.0
WINDOWS = 11
PAINTED = """
    new Promise((painted) => new PerformanceObserver((seen) => {
        for (const entry of seen.getEntriesByName("first-contentful-paint")) painted(entry.startTime);
    }).observe({type: "paint", buffered: true}))
"""
STATES = """
    INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, last_checked_at, state)
    SELECT organization_id, id, now(), CASE WHEN id % 100 < 3 THEN 'down' ELSE 'up' END
      FROM smtp_monitors
        ON CONFLICT (organization_id, smtp_monitor_id) DO UPDATE SET state = excluded.state;
    INSERT INTO unindexed_smtp_monitors SELECT organization_id, id FROM smtp_monitors
"""
PAGES = {
    "list, worst first": "/",
    "list, state=down": "/?state=down",
    "list, by name, page 100": "/?sort=name&page=100",
    "list, a search": "/?search=mail77",
    "incidents": "/incidents",
    "wall": "/wall",
}


def main(arguments: list[str]) -> int:
    """Print the times of each page, one request after the other, and the rest; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench console", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--rounds", type=int, default=200, metavar="N", help="requests for each page (200)")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, database.postgres() as url:
        loaded = database.load(url, "console", monitors=MONITORS)
        asyncio.run(_fail(loaded.url))
        with running(OURS, loaded, Path(folder)) as server:
            address = f"http://127.0.0.1:{server.port}"
            rows = asyncio.run(_measure(address, loaded.token, chosen.rounds))
            paint = _first_paint(address, loaded.token)
        lists = [row.p99 for row in rows if row.name.startswith("list") and row.p99 is not None]
        bars = [Bar("list of 10,000 monitors: p99 in ms", max(lists), MS, at_most=True)]
        bars += [Bar("list, first paint in Chromium: ms", paint, PAINT_MS, at_most=True)] if paint else []
        missed = emit(rows, bars, postgres_url=url, as_json=chosen.json)
    rest = ["--json"] if chosen.json else []
    return max(missed, events.main(rest), status_pages.main(rest))


async def _fail(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(STATES)
    indexed = 1
    while indexed:
        async with connection.transaction():
            indexed = await sql.smtp_monitor_index.index_some(connection, MONITORS)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _measure(url: str, token: str, rounds: int) -> list[Row]:
    async with aiohttp.ClientSession(url, headers={"Cookie": f"session={token}"}) as session:
        for path in PAGES.values():  # the first ones plan statements and compile templates
            for _ in range(10):
                await _get(session, path)
        times = {name: [await _get(session, path) for _ in range(rounds)] for name, path in PAGES.items()}
    return [
        Row(
            name,
            connections=1,
            requests_per_second=1000 / statistics.fmean(taken),
            p50=statistics.median(taken),
            p99=statistics.quantiles(taken, n=100)[98],
        )
        for name, taken in times.items()
    ]


def _first_paint(url: str, token: str) -> float | None:
    """The median in ms since the navigation began, of windows that have nothing cached; None without Chromium."""
    if (chromium := shutil.which("chromium")) is None:
        return None
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for _ in range(WINDOWS):
            context = browser.new_context()
            context.add_cookies([{"name": "session", "value": token, "url": url}])
            page = context.new_page()
            page.goto(url)
            times.append(float(page.evaluate(PAINTED)))
            context.close()
        browser.close()
    return statistics.median(times)


async def _get(session: aiohttp.ClientSession, path: str) -> float:
    started = time.perf_counter()
    async with session.get(path, allow_redirects=False) as answer:
        await answer.read()
        assert answer.status == 200, (path, answer.status)
    return (time.perf_counter() - started) * 1000
