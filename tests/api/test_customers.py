"""Customers: named by number or public id, renamed, and removed when nothing depends on them."""

import asyncio

import pytest

from tests.conftest import Api, waits_for_a_lock

CUSTOMER = "/api/customers/10"


async def test_a_customer_is_made_found_renamed_and_removed(api: Api) -> None:
    response = await api.call("POST", "/api/customers", json={"name": "  New "})
    made = await response.json()
    assert (response.status, list(made)) == (201, ["id", "publicId", "organizationId", "name", "createdAt"])
    assert (made["name"], made["organizationId"]) == ("New", 1)
    path = response.headers["Location"]
    assert path == f"/api/customers/{made['publicId']}"
    for named in (path, f"/api/customers/{made['id']}", path.upper().replace("/API/CUSTOMERS", "/api/customers")):
        assert await (await api.call("GET", named)).json() == made
    # what was read and edited may be sent back whole
    renamed = await api.call("PATCH", path, json={**made, "name": "Renamed"})
    assert await renamed.json() == {**made, "name": "Renamed"}
    assert await (await api.call("PATCH", path, json={})).json() == {**made, "name": "Renamed"}
    assert (await api.call("DELETE", path)).status == 204
    assert (await api.call("GET", path)).status == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Example customer", "Other customer"]),
        ("search=OTHER", ["Other customer"]),
        ("perPage=1&page=2", ["Other customer"]),
        ("organizationId=1", ["Example customer", "Other customer"]),
        ("organizationId=2", []),
    ],
)
async def test_customers_are_filtered_and_paged(api: Api, query: str, names: list[str]) -> None:
    page = await (await api.call("GET", f"/api/customers?{query}")).json()
    assert [customer["name"] for customer in page["items"]] == names
    assert list(page) == ["items", "total", "page", "perPage"]


async def test_a_list_shows_whom_the_caller_reaches(api: Api) -> None:
    shown = {}
    for who in ("restricted", "readonly", "supporter", "globaladmin", "stranger"):
        page = await (await api.call("GET", "/api/customers", who)).json()
        shown[who] = [customer["id"] for customer in page["items"]]
        assert page["total"] == len(page["items"])
    everybody = [10, 11, 20]
    assert shown == {
        "restricted": [10],
        "readonly": [10, 11],
        "supporter": everybody,
        "globaladmin": everybody,
        "stranger": [20],
    }


@pytest.mark.parametrize("wrong", ["x", "0", "-1", "1e3", "%D9%A1", "9" * 30, "10.0", ""])
async def test_an_id_that_is_none_is_400(api: Api, wrong: str) -> None:
    response = await api.call("GET", f"/api/customers/{wrong}")
    assert (response.status, (await response.json())["code"]) == (400, "invalid_id")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["name"]),
        ({"name": " "}, ["name"]),
        ({"name": None}, ["name"]),
        ({"name": "x" * 256}, ["name"]),
        ({"name": "x", "organizationId": "1"}, ["organizationId"]),
        ({"name": "x", "organisationId": 1}, ["organisationId"]),
    ],
)
async def test_a_wrong_customer_is_not_made(api: Api, body: object, fields: list[str]) -> None:
    response = await api.call("POST", "/api/customers", json=body)
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == fields


async def test_a_customer_with_monitors_stays(api: Api) -> None:
    response = await api.call("DELETE", CUSTOMER)
    assert (response.status, (await response.json())["code"]) == (409, "customer_has_monitors")
    assert (await api.get()).status == 200


async def test_a_monitor_made_meanwhile_keeps_its_customer(api: Api) -> None:
    await api.db.execute("DELETE FROM smtp_monitors WHERE customer_id = 11")
    await api.token("admin")
    async with api.db.transaction():
        await api.db.execute(
            "INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname) VALUES (1, 11, 'x', 'x')"
        )
        removal = asyncio.create_task(api.call("DELETE", "/api/customers/11"))
        await waits_for_a_lock(api)
    assert (await removal).status == 409


async def test_a_removed_customer_is_gone_from_those_restricted_to_it(api: Api) -> None:
    await api.db.execute("DELETE FROM smtp_monitors WHERE customer_id = 10")
    assert (await api.call("DELETE", CUSTOMER)).status == 204
    query = "SELECT customer_ids FROM users WHERE email = 'restricted@example.com'"
    assert await api.db.fetchval(query) == []
