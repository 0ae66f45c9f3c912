"""What is found by words and status is exact, whichever of the monitors are indexed."""

import random
from collections.abc import Sequence

import asyncpg
import pytest

import sql
from sql import smtp_monitor_index
from sql.connection import Reach
from sql.smtp_monitor_lists import Filters, Page, Window
from sql.smtp_monitor_walks import Values, Wanted, Within
from tests.api.test_cursors import EVERYBODY, get_list, ids
from tests.conftest import Api

MADE = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, status)
    SELECT 1 + n % 2, CASE n % 4 WHEN 0 THEN 10 WHEN 2 THEN 11 ELSE 20 END,
           'Möbel & Söhne ' || n, 'mx' || n % 7 || '.example.com',
           CASE n % 5 WHEN 0 THEN 'disabled' WHEN 1 THEN 'maintenance' ELSE 'active' END
      FROM generate_series(1, $1) AS n
"""
CHANGES = [
    "UPDATE smtp_monitors SET name = 'renamed ' || id WHERE id % 3 = 0",
    "UPDATE smtp_monitors SET hostname = 'moved.example.org' WHERE id % 5 = 0",
    "UPDATE smtp_monitors SET status = 'disabled' WHERE id % 4 = 1",
    "DELETE FROM smtp_monitors WHERE id % 7 = 2",
    "INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname) VALUES (1, 10, 'new one', 'mx1.new')",
    "UPDATE customers SET name = 'Renamed customer' WHERE id IN (11, 20)",
    "UPDATE smtp_monitors SET name = lower(name), status = 'active' WHERE id % 2 = 0",
    "UPDATE smtp_monitors SET timeout_seconds = 7",
    "DELETE FROM customers WHERE id = 11",
]
QUERIES = [
    "status=active",
    "status=maintenance",
    "search=MÖBEL",
    "search=öh",
    "search=e%201",
    "search=hne%201",
    "search=customer",
    "search=other%20customer&status=active",
    "search=mx1.&status=disabled",
    "search=%26%20s",
    "search=%25nothing",
    "search=nothing%20like%20it",
    "search=",
    "search=m&customerId=11",
]
EXPECTED = """
    SELECT m.id
      FROM smtp_monitors m
      JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
     WHERE ($1::bigint IS NULL OR m.organization_id = $1)
       AND ($2::bigint[] IS NULL OR m.customer_id = ANY($2))
       AND ($3::text IS NULL OR m.status = $3)
       AND ($4::text IS NULL OR strpos(lower(concat_ws(chr(10), m.name, m.hostname, c.name)), lower($4)) > 0)
     ORDER BY m.organization_id, m.id
"""
REACHES = {
    "admin": Reach(1, None),
    "restricted": Reach(1, (10,)),
    "both": Reach(1, (10, 11, 999)),
    "supporter": Reach(None, None),
}


async def index(db: asyncpg.Connection, limit: int = 1000) -> int:
    async with db.transaction():
        return await smtp_monitor_index.index_some(db, limit)


async def found(db: asyncpg.Connection, reach: Reach, filters: Filters, size: int) -> Sequence[int]:
    """By pages, of which each is also what follows the cursor of the one before."""
    page = await sql.smtp_monitor_lists.select_page(db, reach, filters, Window(size))
    whole, total = keys(page), page.total
    while page.more:
        behind = Window(size, after=whole[-1])
        page = await sql.smtp_monitor_lists.select_page(db, reach, filters, Window(size, offset=len(whole)))
        same = await sql.smtp_monitor_lists.select_page(db, reach, filters, behind)
        assert (keys(same), same.more) == (keys(page), page.more)
        whole += keys(page)
    assert len(whole) == total
    return [monitor for _, monitor in whole]


def keys(page: Page) -> list[tuple[int, int]]:
    return [(row["organization_id"], row["id"]) for row in page.rows]


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_found_is_exact_while_monitors_change(api: Api, seed: int) -> None:
    choose = random.Random(seed)
    await api.db.execute(MADE, 60)
    for change in choose.sample(CHANGES, len(CHANGES)):
        await api.db.execute(change)
        if choose.random() < 0.7:
            await index(api.db, choose.choice([5, 40, 1000]))
        for reach in REACHES.values():
            status = choose.choice([None, "active", "disabled", "maintenance"])
            text = choose.choice([None, "MÖBEL", "öh", "renamed", "custom", "mx1.", " 1", "example", "zzzz"])
            wanted = [reach.organization_id, reach.customer_ids, status, text]
            expected = [row["id"] for row in await api.db.fetch(EXPECTED, *wanted)]
            filters = Filters(status=status, search=text)
            assert await found(api.db, reach, filters, choose.choice([7, 200])) == expected, (change, wanted)


@pytest.mark.parametrize("limit", [0, 20, 1000])
@pytest.mark.parametrize("query", QUERIES)
async def test_an_index_changes_no_answer(api: Api, query: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    await api.db.execute(MADE, 50)
    await api.db.execute("UPDATE users SET customer_ids = '{10,11,999}' WHERE email LIKE 'restricted@%'")
    monkeypatch.setattr(smtp_monitor_index, "MANY", 0)  # read every monitor
    expected = {who: await get_list(api, who, f"{query}&perPage=200") for who in EVERYBODY}
    monkeypatch.undo()
    assert any(answer["items"] for answer in expected.values()) == ("nothing" not in query)
    await index(api.db, limit)
    for who, answer in expected.items():
        assert await get_list(api, who, f"{query}&perPage=200") == answer
        assert await ids(api, who, f"{query}&perPage=7") == [item["id"] for item in answer["items"]]


@pytest.mark.parametrize(
    ("change", "unindexed"),
    [
        ({"name": "Another"}, 1),
        ({"hostname": "another.example.com"}, 1),
        ({"status": "active"}, 1),
        ({"status": "disabled", "port": 25}, 0),
        ({"name": "Outbound SMTP (Primary)"}, 0),
        ({"checkInterval": 61, "timeoutSeconds": 31}, 0),
        ({"smtpConfig": None, "notificationEmail": "a@example.com"}, 0),
    ],
)
async def test_a_patch_costs_the_index_only_what_it_changes(api: Api, change: object, unindexed: int) -> None:
    await index(api.db)
    assert (await api.patch(change)).status == 200
    assert await api.db.fetchval("SELECT count(*) FROM unindexed_smtp_monitors") == unindexed


async def test_indexing_takes_everything_once(api: Api) -> None:
    await api.db.execute(MADE, 30)
    taken = [await index(api.db, 10) for _ in range(5)]
    assert taken == [10, 10, 10, 3, 0]
    query = """
        SELECT (SELECT array_agg((organization_id, id, customer_id, status, words) ORDER BY organization_id, id)
                  FROM indexed_smtp_monitors)
               = (SELECT array_agg((organization_id, id, customer_id, status COLLATE "C",
                                    (lower(name) || chr(10) || hostname) COLLATE "C")
                                   ORDER BY organization_id, id)
                    FROM smtp_monitors)
    """
    assert await api.db.fetchval(query)


async def test_of_two_that_index_one_works(api: Api) -> None:
    await api.db.execute(MADE, 3)
    other = await asyncpg.connect(api.config.database_url)
    try:
        async with other.transaction():
            assert await smtp_monitor_index.index_some(other, 1) == 1
            assert await index(api.db) == 0
        assert await index(api.db) > 0
    finally:
        await other.close()


async def test_a_change_that_is_committed_while_others_are_indexed_is_not_lost(api: Api) -> None:
    """Its mark is committed with it, and is not taken by who did not see it."""
    await index(api.db)
    other = await asyncpg.connect(api.config.database_url)
    try:
        async with other.transaction():
            await other.execute("UPDATE smtp_monitors SET name = 'uncommitted' WHERE id = 200")
            assert await index(api.db) == 0
            assert await ids(api, "admin", "search=uncommitted") == []
        assert await ids(api, "admin", "search=uncommitted") == [200]
        assert await index(api.db) == 1
        assert await ids(api, "admin", "search=uncommitted") == [200]
    finally:
        await other.close()


async def test_words_are_looked_up_by_their_trigrams(api: Api) -> None:
    await api.db.execute(MADE, 3000)
    while await index(api.db):
        pass
    await api.db.execute("ANALYZE indexed_smtp_monitors")
    values = Values()
    search = await smtp_monitor_index.look_for(api.db, Reach(None, None), "söhne 299")
    walk = smtp_monitor_index.find(values, Within(None, None, each=False), Wanted(), search)
    plan = await api.db.fetch(f"EXPLAIN WITH {', '.join(walk.ctes)} SELECT {walk.counting}", *values)
    assert "on indexed_smtp_monitors_words_idx" in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize(("text", "broad"), [("söhne 299", False), ("söhne", True), ("29", True)])
async def test_what_many_have_is_not_looked_up(api: Api, text: str, broad: bool) -> None:
    await api.db.execute(MADE, 3000)
    while await index(api.db):
        pass
    assert (await smtp_monitor_index.look_for(api.db, Reach(1, None), text)).broad == broad
