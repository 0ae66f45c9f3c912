"""A list is walked by its cursors to the end: each monitor once, whatever comes and goes meanwhile."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.http.query import CURSOR, cursor_of
from tests.api.test_lists import MANY
from tests.conftest import Api

EVERYBODY = ["admin", "user", "readonly", "restricted", "restricted-readonly", "supporter", "globaladmin", "stranger"]


async def get_list(api: Api, who: str, query: str) -> dict[str, Any]:
    response = await api.call("GET", f"/api/smtp-monitors?{query}", who)
    assert response.status == 200, await response.text()
    return dict(await response.json())


async def walk(api: Api, who: str, query: str = "perPage=7") -> AsyncIterator[list[int]]:
    """The ids of each answer, from the first page on."""
    page = await get_list(api, who, query)
    while True:
        yield [item["id"] for item in page["items"]]
        if page["next"] is None:
            return
        page = await get_list(api, who, f"{query}&after={page['next']}")


async def ids(api: Api, who: str, query: str = "perPage=7") -> list[int]:
    return [monitor async for page in walk(api, who, query) for monitor in page]


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(
    "query", ["", "status=active", "status=disabled", "search=many%201", "search=other%20customer"]
)
async def test_cursors_give_what_pages_give(api: Api, who: str, query: str) -> None:
    await api.db.execute(MANY, 30)
    pages = await get_list(api, who, f"{query}&perPage=200")
    expected = [item["id"] for item in pages["items"]]
    assert await ids(api, who, f"{query}&perPage=7") == expected
    assert len(expected) == pages["total"]
    assert pages["next"] is None


@pytest.mark.parametrize("page", [1, 2, 5])
async def test_a_walk_begins_at_any_page(api: Api, page: int) -> None:
    await api.db.execute(MANY, 40)
    everything = await ids(api, "admin")
    behind = await get_list(api, "admin", f"perPage=7&page={page}")
    answer = await get_list(api, "admin", f"perPage=200&after={behind['next']}")
    assert [item["id"] for item in answer["items"]] == everything[7 * page :]
    assert list(answer) == ["items", "perPage", "next"]


async def test_equal_ids_of_two_organizations_are_told_apart(api: Api) -> None:
    await api.db.execute("""
        INSERT INTO smtp_monitors (organization_id, id, customer_id, name, hostname)
        SELECT 1 + n % 2, 1000000 + n / 2, CASE n % 2 WHEN 0 THEN 10 ELSE 20 END, 'same', 'same'
          FROM generate_series(0, 19) AS n
    """)
    keys = await api.db.fetch("SELECT organization_id, id FROM smtp_monitors ORDER BY organization_id, id")
    assert await ids(api, "supporter", "perPage=1") == [key["id"] for key in keys]
    assert await ids(api, "supporter", "perPage=3&search=same") == [*range(1000000, 1000010)] * 2


async def test_what_comes_and_goes_between_answers_moves_nothing_else(api: Api) -> None:
    await api.db.execute(MANY, 20)
    before = [
        row["id"] for row in await api.db.fetch("SELECT id FROM smtp_monitors WHERE organization_id = 1 ORDER BY id")
    ]
    found: list[int] = []
    async for page in walk(api, "admin", "perPage=4"):
        found += page
        if len(found) == 8:
            # the last one of the page, one before it and the next one go; one comes, the others change
            await api.db.execute("DELETE FROM smtp_monitors WHERE id = ANY($1)", [before[7], before[2], before[8]])
            await api.db.execute("UPDATE smtp_monitors SET name = 'changed', status = 'maintenance'")
            await api.db.execute(MANY, 1)
    assert found == [*before[:8], *before[9:], found[-1]]
    assert found[-1] > before[-1]


async def test_a_walk_over_a_status_goes_on_where_it_was(api: Api) -> None:
    await api.db.execute(MANY, 12)
    everything = await ids(api, "admin", "status=active&perPage=200")
    first = await get_list(api, "admin", "status=active&perPage=3")
    await api.db.execute("UPDATE smtp_monitors SET status = 'disabled' WHERE id = ANY($1)", everything[1:5])
    answer = await get_list(api, "admin", f"status=active&perPage=200&after={first['next']}")
    assert [item["id"] for item in answer["items"]] == everything[5:]


async def test_a_cursor_shows_a_stranger_nothing(api: Api) -> None:
    await api.db.execute(MANY, 5)
    admins = (await get_list(api, "admin", "perPage=1"))["next"]
    own = await ids(api, "stranger")
    assert [item["id"] for item in (await get_list(api, "stranger", f"after={admins}"))["items"]] == own
    strangers = cursor_of((2, own[0]))
    assert await get_list(api, "admin", f"after={strangers}") == {"items": [], "perPage": 50, "next": None}
    assert (await api.call("GET", f"/api/smtp-monitors?after={admins}", None)).status == 401


@pytest.mark.parametrize("query", ["", "status=active", "search=o"])
async def test_a_user_without_customers_has_an_empty_list(api: Api, query: str) -> None:
    await api.db.execute("UPDATE users SET customer_ids = '{}' WHERE email LIKE 'restricted@%'")
    empty = {"items": [], "total": 0, "page": 1, "perPage": 50, "next": None}
    assert await get_list(api, "restricted", query) == empty
    behind = {"items": [], "perPage": 50, "next": None}
    assert await get_list(api, "restricted", f"{query}&after={cursor_of((1, 1))}") == behind


GOOD = cursor_of((1, 200))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("after=", "invalid_cursor"),
        ("after=1", "invalid_cursor"),
        ("after=%00", "invalid_cursor"),
        ("after=%F0%9F%98%80", "invalid_cursor"),
        (f"after={GOOD}A", "invalid_cursor"),
        (f"after={GOOD[:-1]}", "invalid_cursor"),
        (f"after={GOOD[:10]}!{GOOD[10:]}", "invalid_cursor"),
        (f"after={GOOD[:9]}{'B' if GOOD[9] == 'A' else 'A'}{GOOD[10:]}", "invalid_cursor"),
        (f"after={'A' * 27}", "invalid_cursor"),
        (f"after={GOOD}&page=1", "excludes"),
    ],
)
async def test_a_bad_cursor_is_named(api: Api, query: str, code: str) -> None:
    response = await api.call("GET", f"/api/smtp-monitors?{query}")
    assert response.status == 400
    assert [(error["field"], error["code"]) for error in (await response.json())["errors"]] == [("after", code)]


@pytest.mark.parametrize("position", [(-1, -1), (0, 0), (2**63 - 1, 2**63 - 1), (1, -(2**63))])
async def test_a_cursor_at_the_ends_is_no_error(api: Api, position: tuple[int, int]) -> None:
    for who in EVERYBODY:
        everything, found = await ids(api, who), await ids(api, who, f"perPage=200&after={cursor_of(position)}")
        assert found in ([], everything)
    assert CURSOR.size == 16
