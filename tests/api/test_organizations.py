"""Organizations: their names and the settings that say when a failure is one."""

import pytest

from tests.conftest import Api

DEFAULTS = {
    "failureConfirmations": 2,
    "recoveryConfirmations": 2,
    "locationSharePercent": 50,
    "reminderIntervalMinutes": None,
    "requireTwoFactor": False,
    "maxSmtpMonitors": 10_000,
    "maxCustomers": 10_000,
    "maxUsers": 1000,
    "maxTokens": 1000,
    "maxMaintenanceWindows": 1000,
    "maxStatusPages": 100,
    "maxStatusPageMessages": 10_000,
}


async def test_an_organization_has_settings(api: Api) -> None:
    organization = await (await api.call("GET", "/api/organization")).json()
    assert organization.pop("createdAt")
    assert organization == {"id": 1, "name": "Example", **DEFAULTS}
    assert (
        await (await api.call("GET", "/api/organizations/1")).json()
        == await (await api.call("GET", "/api/organization")).json()
    )


async def test_only_the_named_settings_change(api: Api) -> None:
    changes = {"name": "Renamed", "reminderIntervalMinutes": 60, "locationSharePercent": 100}
    response = await api.call("PATCH", "/api/organization", json=changes)
    assert response.status == 200
    changed = await response.json()
    assert changed == {**changed, "id": 1, **DEFAULTS, **changes}
    cleared = await api.call("PATCH", "/api/organization", json={**changed, "reminderIntervalMinutes": None})
    assert await cleared.json() == {**changed, "reminderIntervalMinutes": None}
    assert await (await api.call("PATCH", "/api/organization", json={})).json() == await cleared.json()


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        ("failureConfirmations", [1, 10], [0, 11, None, True, "2"]),
        ("recoveryConfirmations", [1, 10], [0, 11, None]),
        ("locationSharePercent", [1, 100], [0, 101, None, 50.0]),
        ("reminderIntervalMinutes", [5, 10080, None], [4, 10081]),
        ("name", ["x"], ["", None, "x" * 256]),
    ],
)
async def test_settings_have_bounds(api: Api, field: str, inside: list[object], outside: list[object]) -> None:
    for value in inside:
        assert (await (await api.call("PATCH", "/api/organization", json={field: value})).json())[field] == value
    for value in outside:
        response = await api.call("PATCH", "/api/organization", json={field: value})
        assert response.status == 400
        assert [error["field"] for error in (await response.json())["errors"]] == [field]


async def test_a_global_admin_makes_organizations_with_names_of_their_own(api: Api) -> None:
    response = await api.call("POST", "/api/organizations", "globaladmin", json={"name": "New"})
    made = await response.json()
    assert (response.status, response.headers["Location"]) == (201, f"/api/organizations/{made['id']}")
    taken = await api.call("POST", "/api/organizations", "globaladmin", json={"name": "New"})
    assert (taken.status, (await taken.json())["errors"][0]["field"]) == (409, "name")
    page = await (await api.call("GET", "/api/organizations?search=ne", "supporter")).json()
    assert [organization["name"] for organization in page["items"]] == ["New"]


async def test_others_see_their_own_organization_alone(api: Api) -> None:
    page = await (await api.call("GET", "/api/organizations", "stranger")).json()
    assert ([organization["id"] for organization in page["items"]], page["total"]) == ([2], 1)
