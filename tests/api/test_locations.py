"""Locations: everybody reads them, global administrators change them."""

import pytest

from tests.api.test_roles import REACH
from tests.conftest import Api
from tests.fleet.engine import stationed

BODY = {"code": "fr-par", "name": "Paris", "country": "fr"}


@pytest.mark.parametrize("who", [*REACH, None])
async def test_who_may_read_and_change_them(api: Api, who: str | None) -> None:
    async with stationed(api.db, "de-nbg"):
        listed = await api.call("GET", "/api/locations", who)
        assert listed.status == (401 if who is None else 200)
        changing = 401 if who is None else 201 if who == "globaladmin" else 403
        assert (await api.call("POST", "/api/locations", who, json=BODY)).status == changing
        patched = await api.call("PATCH", "/api/locations/de-nbg", who, json={"active": False})
        assert patched.status == (200 if changing == 201 else changing)


async def test_what_is_answered(api: Api) -> None:
    async with stationed(api.db, "de-nbg"):
        made = await api.call("POST", "/api/locations", "globaladmin", json=BODY)
        answer = await made.json()
        assert made.headers["Location"] == "/api/locations/fr-par"
        expected = {"code": "fr-par", "name": "Paris", "country": "FR", "active": True}
        assert {key: answer[key] for key in expected} == expected
        query = "SELECT count(*) FROM smtp_monitor_locations WHERE location_id = $1"
        assert await api.db.fetchval(query, answer["id"]) == 3, "every monitor is scheduled there"
        items = (await (await api.call("GET", "/api/locations")).json())["items"]
        assert [item["code"] for item in items] == ["de-nbg", "fr-par"]
        renamed = await api.call("PATCH", "/api/locations/fr-par", "globaladmin", json={"name": "Paris 2"})
        assert (await renamed.json()) == {**answer, "name": "Paris 2"}
        assert (await api.call("PATCH", "/api/locations/xx", "globaladmin", json={"name": "x"})).status == 404
        again = await api.call("POST", "/api/locations", "globaladmin", json=BODY)
        assert (again.status, (await again.json())["errors"][0]["field"]) == (409, "code")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "DE-NBG"),
        ("code", "-x"),
        ("code", 1),
        ("code", "x" * 33),
        ("country", "XX"),
        ("country", "ß"),
        ("country", None),
        ("name", ""),
        ("name", "a\nb"),
        ("active", 1),
        ("other", 1),
    ],
)
async def test_wrong_fields_are_named(api: Api, field: str, value: object) -> None:
    async with stationed(api.db, "de-nbg"):
        response = await api.call("POST", "/api/locations", "globaladmin", json={**BODY, field: value})
        assert response.status == 400
        assert (await response.json())["errors"][0]["field"] == field
