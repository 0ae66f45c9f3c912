"""Items of one batch share a statement, and each gets what it would get alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import pytest

import sql
from sql import batches
from sql.batches import Batcher
from sql.connection import LOCK_TIMEOUT
from sql.smtp_monitor_patches import STATEMENTS, Change, Patch

COUNT = 20
IDS = [UUID(int=n) for n in range(1, COUNT + 1)]


@dataclass
class Seen:
    """The sizes of the batches."""

    batches: list[int] = field(default_factory=list)
    alone: int = 0

    def observe_batch(self, rows: int, waited: float, waiting: int) -> None:
        self.batches.append(rows)

    def observe_alone(self, items: int) -> None:
        self.alone += items

    def observe_refusal(self) -> None: ...


@pytest.fixture
async def monitors(db: asyncpg.Connection) -> None:
    for public_id in IDS:
        await sql.smtp_monitors.insert(db, 1, 10, public_id, {"name": "Before", "hostname": "a.example"})


@contextlib.asynccontextmanager
async def batching(dsn: str) -> AsyncIterator[tuple[Batcher[Patch], Seen]]:
    seen = Seen()
    batcher = Batcher(dsn, STATEMENTS, max_rows=256, observer=seen)
    running = asyncio.create_task(batcher.run())
    yield batcher, seen
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def submit(dsn: str, patches: Sequence[Patch]) -> list[Any]:
    """What becomes of patches of which all but the first share one batch."""
    async with batching(dsn) as (batcher, seen):
        answers = await asyncio.gather(*map(batcher.submit, patches), return_exceptions=True)
    assert (seen.alone, seen.batches) == (1, [len(patches) - 1])
    return answers


def patch(
    number: int,
    changes: dict[str, object],
    *,
    customer_ids: Sequence[int] | None = None,
    versions: Sequence[int] | None = None,
    kept: bool = False,
) -> Patch:
    change = Change('{"userId": 1}', "192.0.2.1", f'{{"number": {number}}}') if kept else None
    return Patch(1, IDS[number], customer_ids, versions, changes, frozenset(changes), change)


async def kept(db: asyncpg.Connection) -> list[tuple[int, str]]:
    """By public id, what was kept of the changes of these monitors."""
    query = """
        SELECT m.public_id, h.after
          FROM smtp_monitor_changes h
          JOIN smtp_monitors m ON m.organization_id = h.organization_id AND m.id = h.smtp_monitor_id
         ORDER BY m.public_id, h.version
    """
    return [(row["public_id"].int - 1, row["after"]) for row in await db.fetch(query)]


@pytest.mark.usefixtures("monitors")
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("first", [0, 1])
async def test_of_a_mixed_batch_exactly_the_changes_asked_for_are_kept(
    db: asyncpg.Connection, migrated: str, first: int, masked: bool
) -> None:
    patches = [
        patch(n, {"port": n} if n and masked and n % 3 else {"name": f"name {n}"}, kept=n % 2 == first)
        for n in range(COUNT)
    ]

    rows = await submit(migrated, patches)

    assert [row["version"] for row in rows] == [2] * COUNT
    assert await kept(db) == [(n, f'{{"number": {n}}}') for n in range(COUNT) if n % 2 == first]
    commits = await db.fetchval("SELECT count(DISTINCT xmin::text) FROM smtp_monitors WHERE public_id = ANY($1)", IDS)
    assert commits == 2, "the first one was alone, the others shared a commit"


@pytest.mark.usefixtures("monitors")
async def test_arrays_of_any_length_travel_together(migrated: str) -> None:
    codes: list[list[str] | None] = [None, ["DE"], ["DE", "US"], ["AT", "CH", "DE"]]
    reach = [None, [10], [11, 10], [11]]
    versions = [None, [1], [3, 2, 1], [2]]
    patches = [
        patch(
            n,
            {"allowed_check_country_codes": codes[n % 4]},
            customer_ids=reach[n // 4 % 4],
            versions=versions[n % 3],
        )
        for n in range(COUNT)
    ]

    rows = await submit(migrated, patches)

    shown = [None if row is None else (row["public_id"], row["allowed_check_country_codes"]) for row in rows]
    assert shown == [None if n // 4 % 4 == 3 else (IDS[n], codes[n % 4]) for n in range(COUNT)]


@pytest.mark.usefixtures("monitors")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"port": "no number"}, asyncpg.DataError),
        ({"port": 0}, asyncpg.CheckViolationError),
        ({"customer_id": 11}, ValueError),
    ],
)
async def test_what_cannot_be_written_fails_alone(
    migrated: str, changes: dict[str, object], error: type[Exception]
) -> None:
    patches = [patch(n, changes if n == 7 else {"port": n + 1}) for n in range(COUNT)]

    answers = await submit(migrated, patches)

    assert isinstance(answers.pop(7), error)
    assert [answer["port"] for answer in answers] == [n + 1 for n in range(COUNT) if n != 7]


@pytest.mark.usefixtures("monitors")
async def test_patches_of_one_row_are_answered_in_the_order_in_which_they_came(migrated: str) -> None:
    patches = [patch(n % 2, {"port": n + 1} if n % 3 else {"name": f"name {n}"}) for n in range(COUNT)]

    rows = await submit(migrated, patches)

    assert [row["version"] for row in rows] == [2 + n // 2 for n in range(COUNT)]


@pytest.mark.usefixtures("monitors")
async def test_a_row_that_is_held_costs_no_connection(db: asyncpg.Connection, migrated: str) -> None:
    async with batching(migrated) as (batcher, _):
        assert await batcher.submit(patch(0, {"port": 1}))
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'smtp-monitors batches'"
        before = await db.fetch(query)
        async with db.transaction():
            await db.execute("SELECT FROM smtp_monitors WHERE public_id = $1 FOR UPDATE", IDS[0])
            with pytest.raises(asyncpg.LockNotAvailableError):
                await batcher.submit(patch(0, {"port": 2}))
        assert await batcher.submit(patch(0, {"port": 3}))
        assert await db.fetch(query) == before


@pytest.mark.usefixtures("monitors")
async def test_rows_that_are_all_held_keep_nobody_waiting_one_after_the_other(
    db: asyncpg.Connection, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MAX_WAIT", 3.0)
    async with batching(migrated) as (batcher, _):
        assert await batcher.submit(patch(0, {"port": 1}))
        async with db.transaction():
            await db.execute("SELECT FROM smtp_monitors WHERE public_id = ANY($1) FOR UPDATE", IDS)
            async with asyncio.timeout(3 * LOCK_TIMEOUT / 1000):  # alone, and together
                patches = (batcher.submit(patch(n, {"port": 2})) for n in range(COUNT))
                answers = await asyncio.gather(*patches, return_exceptions=True)
        assert {type(answer) for answer in answers} == {asyncpg.LockNotAvailableError, TimeoutError}
        assert await batcher.submit(patch(0, {"port": 3}))
