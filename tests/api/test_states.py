"""Lists by state and in other orders, against the same done by hand: for each caller, indexed or not."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

import sql
from server.resources.smtp_monitor_states import SORTS
from tests.conftest import Api

PATH = "/api/smtp-monitors"
RANKS = ("down", "warning", "unknown", "maintenance", "paused", "up")
STATUSES = {"disabled": "paused", "maintenance": "maintenance"}
MADE = """
    WITH made AS (
        INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, status)
        VALUES (1, $1, $2, $3, $4) RETURNING id
    )
    INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, state, state_since)
    SELECT 1, id, $5, $6 FROM made
"""


async def fill(db: asyncpg.Connection, chance: random.Random) -> None:
    """Monitors of all statuses and states, some of which were never checked."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(60):
        since = start + timedelta(minutes=chance.randrange(20))
        name = f"{chance.choice('abcÄ')} {number}"
        status = chance.choice(["active", "active", "active", "disabled", "maintenance"])
        state = chance.choice(["up", "warning", "down", "unknown", "maintenance"])
        await db.execute(MADE, chance.choice([10, 11]), name, f"h{number % 7}.example", status, state, since)
    # answers show milliseconds: no two moments differ by less
    await db.execute("UPDATE smtp_monitors SET created_at = '2026-01-01T00:10Z', updated_at = '2026-01-01T00:05Z'")
    await db.execute("DELETE FROM smtp_monitor_states WHERE smtp_monitor_id % 11 = 0 AND smtp_monitor_id <> 200")


async def summary(api: Api, who: str, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = await (await api.call("GET", f"/api/summary{query}", who)).json()
    return found


async def index(db: asyncpg.Connection) -> None:
    async with db.transaction():
        await sql.smtp_monitor_index.index_some(db, 10_000)


async def whole(api: Api, who: str, query: str) -> dict[str, Any]:
    answer = await api.call("GET", f"{PATH}?{query}", who)
    assert answer.status == 200, await answer.text()
    page: dict[str, Any] = await answer.json()
    return page


def by_hand(items: list[dict[str, Any]], states: str, search: str, sort: str) -> list[int]:
    chosen = [item for item in items if not states or item["state"] in states.split(",")]
    chosen = [item for item in chosen if search in f"{item['name']}\n{item['hostname']}".lower()]
    moments = {item["id"]: datetime.fromisoformat(item["stateSince"]).timestamp() for item in chosen}
    words = {item["id"]: f"{item['name'].lower()}\n{item['hostname']}".encode() for item in chosen}
    keys: dict[str, Any] = {
        "": lambda item: item["id"],
        "state": lambda item: (RANKS.index(item["state"]), -moments[item["id"]], item["id"]),
        "stateSince": lambda item: (moments[item["id"]], -item["id"]),
        "-stateSince": lambda item: (-moments[item["id"]], item["id"]),
        "name": lambda item: (words[item["id"]], item["id"]),
        "-name": lambda item: (words[item["id"]], item["id"]),
    }
    return [item["id"] for item in sorted(chosen, key=keys[sort], reverse=sort == "-name")]


async def test_lists_are_what_they_would_be_by_hand(
    api: Api, db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1)
    await fill(db, chance)
    await index(db)
    # some change after they were indexed
    await db.execute("UPDATE smtp_monitors SET status = 'disabled', name = 'b changed' WHERE id % 7 = 0 AND id <> 200")
    every = (await whole(api, "admin", "perPage=200"))["items"]
    for item in every:
        assert item["state"] == STATUSES.get(item["status"], item["state"])
    combinations = list(
        itertools.product(("", "down", "down,warning", "up,paused,maintenance"), ("", "h3.", "b"), ("", *SORTS))
    )
    for first in range(3):
        for who, customers in (("admin", {10, 11}), ("restricted", {10})):
            items = [item for item in every if item["customerId"] in customers]
            for states, search, sort in combinations[first::5]:
                query = "&".join(
                    f"{name}={value}"
                    for name, value in (("state", states), ("search", search), ("sort", sort))
                    if value
                )
                expected = by_hand(items, states, search, sort)
                pages = [await whole(api, who, f"{query}&perPage=17&page={page}") for page in (1, 2, 9)]
                found = [item["id"] for page in pages for item in page["items"]]
                assert found == expected[:34], (who, query)
                assert {page["total"] for page in pages} == {len(expected)}, (who, query)
            counts = {state: sum(item["state"] == state for item in items) for state in RANKS}
            seen = await summary(api, who)
            assert (seen["states"], seen["total"]) == (counts, len(items))
            of_customers = {one["customerId"]: one["states"] for one in seen["customers"]["items"]}
            assert of_customers.keys() == customers
            for customer, states in of_customers.items():
                mine = [item["state"] for item in items if item["customerId"] == customer]
                assert states == {state: mine.count(state) for state in RANKS}
                assert (await summary(api, who, f"?customerId={customer}"))["states"] == states
        assert (await summary(api, "stranger"))["total"] == 1
        assert (await summary(api, "supporter"))["total"] == len(every) + 1
        assert (await summary(api, "supporter", "?perPage=1&page=9"))["customers"]["total"] == 3
        if first == 1:  # at last without the index
            monkeypatch.setattr(sql.smtp_monitor_index, "MANY", 0)
        await index(db)
        every = (await whole(api, "admin", "perPage=200"))["items"]


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        ("admin", "state=broken", 400),
        ("admin", "state=", 400),
        ("admin", "state=up,", 400),
        ("admin", "sort=hostname", 400),
        ("admin", "sort=name&after=x", 400),
        ("supporter", "sort=state", 400),
        ("supporter", "sort=state&organizationId=1", 200),
        ("globaladmin", "state=up,down", 200),
        ("stranger", "sort=state&organizationId=1", 200),
    ],
)
async def test_what_may_be_asked(api: Api, who: str, query: str, status: int) -> None:
    answer = await api.call("GET", f"{PATH}?{query}", who)
    assert answer.status == status
    body = await answer.json()
    assert status == 200 or body["errors"][0]["field"] in query
    assert who != "stranger" or body["items"] == []
