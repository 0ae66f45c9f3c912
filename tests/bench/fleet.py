"""How many checks a second this machine makes, stores and keeps on time.

Everything is on this machine: the database, the agents, a server that is patched meanwhile, and postfix's
``smtp-sink``, which every monitor watches. What counts is read from the stored results: of each monitor's slots, how
many have none, and how long after its slot each check began.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from server.cli import embedded, migrations
from tests.bench.fleet_parts import Fleet, PatchLoad, cores, cpu_seconds, fill, keep_only, sink

INTERVAL = 60
WARM_UP = 75  # seconds: every monitor was checked, and everything is in memory
SEARCH_MINUTES = 2
STEP = 0.9  # from one rate that does not hold to the next


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run; times in seconds, but *patch_p99_ms*."""

    monitors: int
    minutes: int
    stored: int
    missed: int
    failed: int
    late_p50: float
    late_p99: float
    late_max: float
    patch_p99_ms: float
    cpu: dict[str, float]

    @property
    def holds(self) -> bool:
        return self.missed == 0 and self.late_p99 < 1

    def __str__(self) -> str:
        cpu = ", ".join(f"{name} {used:.2f}" for name, used in self.cpu.items())
        return (
            f"{'holds ' if self.holds else 'MISSED'} {self.monitors:,} monitors, {self.monitors / INTERVAL:,.0f} "
            f"checks/s for {self.minutes} min: {self.stored:,} stored, {self.missed:,} missed, {self.failed:,} failed; "
            f"late p50 {self.late_p50:.3f} s, p99 {self.late_p99:.3f} s, most {self.late_max:.3f} s; "
            f"PATCH p99 {self.patch_p99_ms:.1f} ms; cores: {cpu}"
        )


def main(arguments: list[str]) -> int:
    """0 if the asked-for rate holds; otherwise the highest that does is looked for, and it is 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench fleet")
    parser.add_argument("--monitors", type=int, default=100_000, metavar="N")
    parser.add_argument("--minutes", type=int, default=10, metavar="M")
    parser.add_argument("--agents", type=int, default=1, metavar="N", help="processes that share the location")
    parser.add_argument("--no-search", action="store_true", help="do not look for a lower rate that holds")
    options = parser.parse_args(arguments)
    with _fleet(options.monitors, options.agents) as fleet:
        asked = measure(fleet, options.monitors, options.minutes)
        print(asked, flush=True)
        figures = asked
        while not (figures.holds or options.no_search or figures.monitors < 1000):
            fewer = int(figures.monitors * STEP)
            asyncio.run(keep_only(fleet.url, fewer))
            figures = measure(fleet, fewer, SEARCH_MINUTES)
            print(figures, flush=True)
    return 0 if asked.holds else 1


@contextlib.contextmanager
def _fleet(monitors: int, agents: int) -> Iterator[Fleet]:
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as name:
        Path(name).chmod(0o755)
        with embedded.database(Path(name) / "data", exclusive=True) as url, sink() as port:
            migrations.migrate(url)
            token, secrets = asyncio.run(fill(url, monitors, port, interval=INTERVAL))
            print(f"{monitors:,} monitors loaded", file=sys.stderr, flush=True)
            with Fleet(url, secrets, token, agents, Path(name)) as fleet:
                yield fleet


def measure(fleet: Fleet, monitors: int, minutes: int) -> Figures:
    time.sleep(WARM_UP)
    load = PatchLoad(fleet.server_port, fleet.token)
    used, began = cpu_seconds(fleet.processes), time.time()
    load.run(minutes * 60)
    seconds = time.time() - began
    cpu = cores(used, cpu_seconds(fleet.processes), seconds)
    time.sleep(2)  # what was found in the last moment is being stored
    row = asyncio.run(_read(fleet.url, began, minutes * 60))
    return Figures(
        monitors=monitors,
        minutes=minutes,
        stored=row["stored"],
        missed=monitors * minutes * 60 // INTERVAL - row["slots"],
        failed=row["failed"],
        late_p50=row["late"][0],
        late_p99=row["late"][1],
        late_max=row["late"][2],
        patch_p99_ms=load.p99_ms,
        cpu=cpu,
    )


async def _read(url: str, began: float, seconds: int) -> asyncpg.Record:
    """What is stored of the slots of the span; those of its last moments may be checked after it."""
    query = """
        WITH checks AS (
            SELECT c.smtp_monitor_id, c.verdict, c.checked_at,
                   slot_before(c.checked_at, m.check_interval, l.grid_offset) AS slot
              FROM smtp_checks c
              JOIN smtp_monitors m ON m.organization_id = c.organization_id AND m.id = c.smtp_monitor_id
              JOIN smtp_monitor_locations l
                ON l.organization_id = c.organization_id AND l.smtp_monitor_id = c.smtp_monitor_id
             WHERE c.checked_at >= to_timestamp($1)
        )
        SELECT count(*) AS stored,
               count(DISTINCT (smtp_monitor_id, slot)) AS slots,
               count(*) FILTER (WHERE verdict = 'failure') AS failed,
               percentile_cont(ARRAY[0.5, 0.99, 1])
                   WITHIN GROUP (ORDER BY date_part('epoch', checked_at - slot)) AS late
          FROM checks
         WHERE slot >= to_timestamp($1)
           AND slot < to_timestamp($1) + make_interval(secs => $2)
    """
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(query, began, seconds, timeout=300)
        assert row is not None
        return row
    finally:
        await connection.close()
