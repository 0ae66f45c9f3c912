"""Lists for callers with a global role: all cells as one, page by page, and a cell that is away is named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

import sql
from server.access.merged_lists import MERGED_ROWS
from tests.cells.conftest import North
from tests.cells.moving import copy, leave, move
from tests.conftest import STRANGERS, Api

Item = dict[str, Any]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
MONITORS = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, status)
    SELECT $1, $2, 'many ' || n, 'many.example', CASE WHEN n % 2 = 0 THEN 'active' ELSE 'disabled' END
      FROM generate_series(1, 15) AS n
"""
INCIDENTS = """
    INSERT INTO incidents (organization_id, smtp_monitor_id, opened_at, phase, code, detail, location_codes)
    SELECT organization_id, id, now() - make_interval(hours => (id % 100)::integer),
           'connect', 'connect_refused', '', '{}'
      FROM smtp_monitors
     WHERE organization_id = $1
       AND name LIKE 'many%'
"""
# what each list is sorted by
ORDERS = {
    "smtp-monitors": lambda item: (item["organizationId"], item["id"]),
    "customers": lambda item: (item["organizationId"], item["id"]),
    "users": lambda item: (item["organizationId"], item["id"]),
    "tokens": lambda item: (item["organizationId"], item["createdAt"], item["id"]),
    "organizations": lambda item: item["id"],
    "maintenance-windows": lambda item: (item["startsAt"], -item["organizationId"], -item["id"]),
    "audit": lambda item: item["happenedAt"],
    "incidents": lambda item: (item["openedAt"], item["id"]),
}
# how many of each a cell has, without what an organization has left behind
COUNTS = {
    "smtp-monitors": "SELECT count(*) FROM smtp_monitors WHERE organization_id <> $1",
    "customers": "SELECT count(*) FROM customers WHERE organization_id <> $1",
    "users": "SELECT count(*) FROM users WHERE organization_id <> $1",
    "tokens": "SELECT count(*) FROM sessions WHERE organization_id <> $1 AND name IS NOT NULL",
    "organizations": "SELECT count(*) FROM organizations WHERE id <> $1",
    "maintenance-windows": "SELECT count(*) FROM maintenance_windows WHERE organization_id <> $1",
    "audit": "SELECT count(*) FROM audit_events WHERE organization_id <> $1",
    "incidents": "SELECT count(*) FROM incidents WHERE organization_id <> $1",
}
DOWN = """
    INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, state)
    SELECT organization_id, id, 'down' FROM smtp_monitors WHERE organization_id = $1 AND status = 'active' LIMIT $2
"""
NEWEST_FIRST = ("maintenance-windows", "audit", "incidents")


@pytest.fixture
async def full(both: Api, north: North) -> Api:
    """Both cells have some of everything, and organization 2 has moved to the second one."""
    await move(both.db, north.db, 2)
    for db, organization_id, customer_id in ((both.db, 1, 10), (north.db, north.organization_id, north.customer_id)):
        await db.execute(MONITORS, organization_id, customer_id)
        await db.execute(INCIDENTS, organization_id)
        for n in range(5):
            await sql.customers.insert(db, organization_id, f"Customer {n}")
            values = {"name": str(n), "starts_at": EPOCH + timedelta(days=n), "ends_at": EPOCH + timedelta(days=n + 1)}
            await sql.maintenance_windows.insert(db, organization_id, None, None, values)
    for n in range(6):
        who = ("admin", "north-admin")[n % 2]
        assert (await both.call("POST", "/api/tokens", who, json={"name": str(n)})).status == 201
    return both


async def _list(api: Api, path: str, who: str = "globaladmin") -> Item:
    response = await api.call("GET", f"/api/{path}", who)
    assert response.status == 200, await response.text()
    listed: Item = await response.json()
    return listed


@pytest.mark.parametrize("what", ORDERS)
@pytest.mark.parametrize("who", ["globaladmin", "north-globaladmin"])
async def test_pages_of_two_cells_are_one_list(full: Api, north: North, what: str, who: str) -> None:
    await full.token(who)
    counted = await full.db.fetchval(COUNTS[what], 2) + await north.db.fetchval(COUNTS[what], 0)
    whole = await _list(full, f"{what}?perPage=200", who)
    assert whole["total"] == len(whole["items"]) == counted
    assert "unavailableCells" not in whole
    assert sorted(whole["items"], key=ORDERS[what], reverse=what in NEWEST_FIRST) == whole["items"]
    pages = [await _list(full, f"{what}?perPage=4&page={page}", who) for page in range(1, counted // 4 + 2)]
    assert [item for page in pages for item in page["items"]] == whole["items"]
    assert {page["total"] for page in pages} == {counted}


@pytest.mark.parametrize("query", ["", "&search=many", "&status=active", "&search=many%201&status=active"])
async def test_a_cursor_leads_through_both_cells(full: Api, query: str) -> None:
    whole = await _list(full, f"smtp-monitors?perPage=200{query}")
    assert {item["id"] >> 44 for item in whole["items"]} == {0, 1}
    for size in (1, 7, 200):
        items, listed = [], await _list(full, f"smtp-monitors?perPage={size}{query}")
        items += listed["items"]
        while listed["next"] is not None:
            listed = await _list(full, f"smtp-monitors?perPage={size}{query}&after={listed['next']}")
            assert "total" not in listed
            items += listed["items"]
        assert items == whole["items"]


async def test_filters_reach_both_cells(full: Api, north: North) -> None:
    assert (await _list(full, "customers?search=customer%203"))["total"] == 2
    assert (await _list(full, "users?search=north"))["total"] == 3
    assert (await _list(full, "organizations?search=n"))["total"] == 2
    assert (await _list(full, "smtp-monitors?status=active"))["total"] == 2 * 7 + 3
    assert (await _list(full, f"smtp-monitors?customerId={north.customer_id}"))["total"] == 16
    assert [item["publicId"] for item in (await _list(full, "smtp-monitors?customerId=20"))["items"]] == [STRANGERS]
    for what in ORDERS:
        if what != "organizations":
            listed = await _list(full, f"{what}?organizationId={north.organization_id}")
            assert {item["organizationId"] for item in listed["items"]} == {north.organization_id}, what
            assert (await _list(full, f"{what}?organizationId={77 << 44}"))["total"] == 0, what


async def test_a_summary_counts_both_cells(full: Api, north: North) -> None:
    await full.db.execute(DOWN, 1, 2)
    await north.db.execute(DOWN, north.organization_id, 3)
    whole = await _list(full, "summary?perPage=200")
    assert whole["total"] == (await _list(full, "smtp-monitors"))["total"]
    assert whole["states"]["down"] == (await _list(full, "smtp-monitors?state=down"))["total"] == 2 + 3
    customers = whole["customers"]["items"]
    assert [one["customerId"] for one in customers[:2]] == [north.customer_id, 10], "the worst is first"
    assert sum(one["total"] for one in customers) == whole["total"]
    pages = [await _list(full, f"summary?perPage=1&page={page + 1}") for page in range(len(customers))]
    assert [page["customers"]["items"] for page in pages] == [[one] for one in customers]
    theirs = await _list(full, f"summary?organizationId={north.organization_id}")
    assert theirs == await _list(full, "summary", "north-admin")


async def test_an_incident_is_taken_over_in_its_cell(full: Api, north: North) -> None:
    [item] = (await _list(full, f"incidents?organizationId={north.organization_id}&perPage=1"))["items"]
    path = f"/api/incidents/{item['id']}/acknowledge"
    assert (await full.call("POST", path, "admin", json={})).status == 404
    assert (await full.call("POST", path, "globaladmin", json={"reason": "seen"})).status == 200
    assert await north.db.fetchval("SELECT acknowledge_reason FROM incidents WHERE id = $1", item["id"]) == "seen"


async def test_others_see_their_own_alone(full: Api, north: North) -> None:
    for what in ORDERS:
        for who, organization_id in (("admin", 1), ("north-admin", north.organization_id)):
            items = (await _list(full, what, who))["items"]
            key = "id" if what == "organizations" else "organizationId"
            assert {item[key] for item in items} == {organization_id}, what


async def test_a_token_for_a_customer_is_not_global(full: Api) -> None:
    response = await full.call("POST", "/api/tokens", "globaladmin", json={"name": "x", "customerId": 10})
    full.tokens["limited"] = (await response.json())["token"]
    listed = await _list(full, "smtp-monitors?perPage=200", "limited")
    assert {item["customerId"] for item in listed["items"]} == {10}


@pytest.mark.slow
@pytest.mark.parametrize("what", ORDERS)
async def test_a_cell_that_is_away_is_named(away: Api, north: North, what: str) -> None:
    listed = await _list(away, what)
    assert listed["unavailableCells"] == [1]
    key = "id" if what == "organizations" else "organizationId"
    assert {item[key] for item in listed["items"]} <= {1, 2}
    if what != "organizations":
        response = await away.call("GET", f"/api/{what}?organizationId={north.organization_id}", "globaladmin")
        assert response.status == 503
        assert "unavailableCells" not in await _list(away, f"{what}?organizationId=1")
    assert (await _list(away, "summary"))["unavailableCells"] == [1]
    assert "unavailableCells" not in await _list(away, "summary?organizationId=1")


async def test_a_cursor_names_a_cell_that_is_away(away: Api) -> None:
    listed = await _list(away, "smtp-monitors?perPage=1")
    listed = await _list(away, f"smtp-monitors?perPage=1&after={listed['next']}")
    assert listed["unavailableCells"] == [1]


@pytest.mark.slow
async def test_a_list_without_any_cell_is_an_error(away: Api, db: asyncpg.Connection) -> None:
    assert (await away.call("GET", "/api/customers", "globaladmin")).status == 200
    from server.handlers.keys import CELLS

    assert away.client.app is not None
    await away.client.app[CELLS].home.pool.close()
    assert (await away.call("GET", "/api/customers", "globaladmin")).status == 503


async def test_a_cell_that_an_organization_is_leaving_is_named(both: Api, north: North) -> None:
    await copy(both.db, north.db, 2)
    await north.db.execute("INSERT INTO departures VALUES (2, true)")
    await leave(both.db, 2)
    listed = await _list(both, "organizations")
    assert listed["unavailableCells"] == [0]
    assert [item["id"] for item in listed["items"]] == [north.organization_id]


async def test_merged_pages_end_somewhere(both: Api) -> None:
    page = MERGED_ROWS // 200
    assert (await both.call("GET", f"/api/smtp-monitors?perPage=200&page={page}", "globaladmin")).status == 200
    for what in ORDERS:
        response = await both.call("GET", f"/api/{what}?perPage=200&page={page + 1}", "globaladmin")
        [wrong] = (await response.json())["errors"]
        assert (response.status, wrong["field"], wrong["code"]) == (400, "page", "too_deep"), what
        if what != "organizations":
            path = f"/api/{what}?perPage=200&page={page + 1}&organizationId=1"
            assert (await both.call("GET", path, "globaladmin")).status == 200
