"""Making, finding and removing monitors."""

import pytest

from tests.conftest import MONITOR, Api

NEW = {"customerId": 10, "name": "New", "hostname": "new.example.com"}


async def test_a_new_monitor_has_the_defaults(api: Api) -> None:
    response = await api.call("POST", "/api/smtp-monitors", json=NEW)
    assert response.status == 201
    made = await response.json()
    assert response.headers["Location"] == f"/api/smtp-monitors/{made['publicId']}"
    shown = await (await api.get(monitor=made["publicId"])).json()
    assert shown == {**made, "customerName": "Example customer"}
    for generated in ("id", "publicId", "createdAt", "updatedAt"):
        assert made.pop(generated)
    assert made == {
        "organizationId": 1,
        "customerId": 10,
        "name": "New",
        "hostname": "new.example.com",
        "port": None,
        "status": "active",
        "checkInterval": 60,
        "timeoutSeconds": 30,
        "notificationEmail": None,
        "notificationPhoneNumber": None,
        "lastCheckedAt": None,
        "config": {},
        "smtpConfig": {},
        "allowedCheckCountryCodes": None,
    }


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "again"}])
async def test_a_new_monitor_is_answered_whole_whatever_is_preferred(api: Api, key: dict[str, str]) -> None:
    body = {"customerId": 10, "name": "New", "hostname": "new.example.com"}
    headers = {"Prefer": "return=minimal", **key}
    for _ in range(2):
        response = await api.call("POST", "/api/smtp-monitors", json=body, headers=headers)
        assert (response.status, (await response.json())["name"]) == (201, "New")
        assert "Preference-Applied" not in response.headers


async def test_a_customer_may_be_named_by_its_public_id(api: Api) -> None:
    public_id = await api.db.fetchval("SELECT public_id FROM customers WHERE id = 11")
    response = await api.call("POST", "/api/smtp-monitors", json={**NEW, "customerId": str(public_id)})
    assert (await response.json())["customerId"] == 11


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["customerId", "name", "hostname"]),
        ({**NEW, "customerId": None}, ["customerId"]),
        ({**NEW, "customerId": True}, ["customerId"]),
        ({**NEW, "customerId": 2**63}, ["customerId"]),
        ({**NEW, "customerId": "10"}, ["customerId"]),
        ({**NEW, "customerId": 12345}, ["customerId"]),
        ({**NEW, "port": 0, "nam": "x"}, ["port", "nam"]),
    ],
)
async def test_a_wrong_monitor_is_not_made(api: Api, body: dict[str, object], fields: list[str]) -> None:
    response = await api.call("POST", "/api/smtp-monitors", json=body)
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == fields
    assert await api.db.fetchval("SELECT count(*) FROM smtp_monitors") == 3


async def test_a_removed_monitor_is_gone(api: Api) -> None:
    path = f"/api/smtp-monitors/{MONITOR}"
    assert (await api.call("DELETE", path)).status == 204
    assert (await api.get()).status == 404
    assert (await api.call("DELETE", path)).status == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Outbound SMTP (Primary)", "Other", "100%_x"]),
        ("search=OUTBOUND", ["Outbound SMTP (Primary)"]),
        ("search=other.example", ["Other"]),
        ("search=Example%20customer", ["Outbound SMTP (Primary)", "100%_x"]),
        ("search=0%25_", ["100%_x"]),
        ("search=%25%25", []),
        ("status=disabled", ["Outbound SMTP (Primary)"]),
        ("status=paused", ["Outbound SMTP (Primary)"]),
        ("customerId=11", ["Other"]),
        ("organizationId=1&customerId=11", ["Other"]),
        ("organizationId=2", []),
        ("perPage=2&page=2", ["100%_x"]),
        ("page=9", []),
    ],
)
async def test_a_list_is_filtered_and_paged(api: Api, query: str, names: list[str]) -> None:
    await api.call("POST", "/api/smtp-monitors", json={**NEW, "name": "100%_x"})
    page = await (await api.call("GET", f"/api/smtp-monitors?{query}")).json()
    assert [item["name"] for item in page["items"]] == names
    assert list(page) == ["items", "total", "page", "perPage", "next"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=%D9%A1", "page"),
        ("page=1e3", "page"),
        ("perPage=201", "perPage"),
        ("perPage=0", "perPage"),
        ("status=on", "status"),
        ("search=%00", "search"),
        ("customerId=99999999999999999999999", "customerId"),
        ("sort=hostname", "sort"),
    ],
)
async def test_a_wrong_query_is_named(api: Api, query: str, field: str) -> None:
    response = await api.call("GET", f"/api/smtp-monitors?{query}")
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == [field]
