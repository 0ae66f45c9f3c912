"""What should hold in every cell: a fault is what hurts somebody, a note what will be needed some day.

Publications, slots and subscriptions count as those of a move by their names: operators may have others.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import asyncpg

import sql
from server.access.cell_numbers import home_number
from server.access.cells import pool_size
from server.access.key_ring import KeyRing
from server.agent import cells as agents
from server.cli import directory, schema
from server.cli.cell_looks import patiently
from server.cli.database import connected
from server.cli.environment import ConfigError
from server.serving import cells as serving

OK, NOTE, FAULT = "ok", "note", "FAULT"
OF_A_MOVE = re.compile(r"move\D*([0-9]+)")
CLOCK_SECONDS = 1.0  # that the clocks of two cells may be apart
BESIDE_POOL = {"worker": 3, "agent": 1}  # connections to each cell, beside those of the pool
BATCH = 10_000  # logins


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    words: str


@dataclass(slots=True)
class Expected:
    """What the directory says, to which cells are held. *offsets* are those of clocks that were read."""

    directory: asyncpg.Connection
    urls: dict[int, str]
    homes: dict[int, int]
    moving: set[int]
    locations: list[asyncpg.Record]
    connections: int
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)  # the directory, over its one connection
    offsets: dict[int, float] = field(default_factory=dict)


async def check(url: str, ring: Callable[[], KeyRing], workers: int) -> list[tuple[int, Finding]]:
    """The findings of all cells, each with its number."""
    async with connected(url) as home:
        cells = await sql.cells.select_all(home)
        urls = {0: url} | (directory.decrypted(cells, ring) if cells else {})
        expected = Expected(
            home,
            urls,
            await sql.cells.select_homes(home),
            await sql.cells.select_moving(home),
            await sql.locations.select_all(home),
            _connections(len(urls), workers),
        )
        found = await asyncio.gather(*[_check(number, expected) for number in urls])
        findings = [(number, finding) for number, of_cell in zip(urls, found, strict=True) for finding in of_cell]
        return sorted(findings + _clocks(expected), key=lambda each: each[0])


def _connections(cells: int, workers: int) -> int:
    """To one of so many cells, of a server with its agent."""
    worker = pool_size(cells, most=serving.POOL_SIZE) + BESIDE_POOL["worker"]
    return workers * worker + pool_size(cells, most=agents.POOL_SIZE) + BESIDE_POOL["agent"]


async def _check(number: int, expected: Expected) -> list[Finding]:
    findings: list[Finding] = []
    try:
        async with patiently(number, expected.urls[number]) as connection:
            async for finding in _find(number, connection, expected):
                findings.append(finding)
    except ConfigError as error:
        findings.append(Finding(FAULT, str(error)))
    return findings


async def _find(number: int, db: asyncpg.Connection, expected: Expected) -> AsyncIterator[Finding]:
    before = time.time()
    server = await sql.cell_checks.select_server(db)
    expected.offsets[number] = server["clock"] - (before + time.time()) / 2
    yield judged(server["writable"], "reachable and writable", "reachable, but it cannot be written to")
    distance = schema.distance(await sql.applied_migrations.select_applied(db))
    yield judged(not distance, "the schema of this version", f"the schema is {distance}; run migrate")
    most, wanted = server["max_connections"], expected.connections
    words = f"{most} connections; a server of this machine and an agent take up to {wanted}"
    yield judged(most >= wanted, words, words)
    logical = server["wal_level"] == "logical"
    yield judged(logical, "wal_level is logical", "wal_level is not logical: no organization can move away", kind=NOTE)
    free = server["free_slots"]
    yield judged(free > 0, f"{free} free replication slots", "no free replication slot: no organization can move away")
    yield await _numbered(number, db)
    same = await sql.locations.select_all(db) == expected.locations
    yield judged(same, "the locations of cell 0", "the locations are not those of cell 0; agents copy them")
    left = await _left_over(number, db, expected)
    yield judged(not left, "nothing left over of moves", f"left over of moves that are not under way: {left}")
    if number:
        lost = await _count_lost_logins(number, db, expected)
        yield judged(not lost, "the directory leads to every user", f"the directory does not lead to {lost} users")


def judged(holds: bool, good: str, bad: str, *, kind: str = FAULT) -> Finding:
    return Finding(OK, good) if holds else Finding(kind, bad)


async def _numbered(number: int, db: asyncpg.Connection) -> Finding:
    own = await sql.cells.select_number(db)
    if own != number:
        return Finding(FAULT, f"the database calls itself cell {own}")
    stray = await sql.cell_checks.select_stray_sequences(db, number)
    return judged(not stray, "ids of its own", f"ids of another cell come from {', '.join(stray)}")


async def _left_over(number: int, db: asyncpg.Connection, expected: Expected) -> str:
    """A departure stays for as long as the organization lives elsewhere."""
    names = await sql.cell_checks.select_replication(db)
    left = [name for name in names if (of := OF_A_MOVE.search(name)) and int(of[1]) not in expected.moving]
    for organization_id, departed in (await sql.cell_checks.select_departures(db)).items():
        lives_here = home_number(expected.homes, organization_id) == number
        if organization_id not in expected.moving and (lives_here or not departed):
            left.append(f"departure of organization {organization_id}")
    return ", ".join(left)


async def _count_lost_logins(number: int, db: asyncpg.Connection, expected: Expected) -> int:
    lost, after = 0, (0, "")
    while rows := await sql.cell_checks.select_logins(db, after, BATCH):
        after = (rows[-1]["organization_id"], rows[-1]["email"])
        homes = expected.homes
        here = [row for row in rows if home_number(homes, row[0]) == number]
        async with expected.asking:
            lost += await sql.cell_checks.count_unknown_logins(expected.directory, here)
    return lost


def _clocks(expected: Expected) -> list[tuple[int, Finding]]:
    """Each against that of cell 0."""
    home = expected.offsets.get(0, 0.0)
    return [
        (
            number,
            judged(
                abs(offset - home) < CLOCK_SECONDS,
                "the clock of cell 0",
                f"the clock is {abs(offset - home):.1f} seconds from that of cell 0",
            ),
        )
        for number, offset in expected.offsets.items()
        if number
    ]
