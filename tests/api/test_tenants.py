"""Tenants do not show each other: an address or a name that another one has is as good as any."""

from typing import Any

import pytest

from tests.conftest import PASSWORD, Api

pytestmark = pytest.mark.usefixtures("full_cost")

ADDRESS, TWINS_PASSWORD = "admin@example.com", "entirely another passphrase"
NEW = {"name": "Admin", "role": "user", "password": TWINS_PASSWORD}


async def make_user(api: Api, who: str, email: str, **fields: object) -> tuple[int, dict[str, Any]]:
    response = await api.call("POST", "/api/users", who, json={**NEW, "email": email, **fields})
    return response.status, await response.json()


async def log_in(api: Api, password: str, *, email: str = ADDRESS, **fields: object) -> tuple[int, object]:
    body = {"email": email, "password": password, **fields}
    response = await api.call("POST", "/api/sessions", None, json=body)
    return response.status, (await response.json()).get("user", {}).get("organizationId")


async def test_an_address_of_another_tenant_is_as_good_as_any(api: Api) -> None:
    taken, free = [await make_user(api, "stranger", email) for email in ("Admin@Example.com", "free@example.com")]
    assert (taken[0], taken[1].keys()) == (201, free[1].keys())
    status, body = await make_user(api, "stranger", "admin@example.com")
    assert (status, body["errors"][0]["field"]) == (409, "email"), "within the tenant it is taken"


async def test_each_account_of_an_address_has_its_own_password(api: Api) -> None:
    await make_user(api, "stranger", ADDRESS)
    assert await log_in(api, PASSWORD) == (201, 1)
    assert await log_in(api, TWINS_PASSWORD) == (201, 2)
    assert await log_in(api, PASSWORD, organizationId=1) == (201, 1)
    assert await log_in(api, PASSWORD, organizationId=2) == (401, None)
    assert await log_in(api, PASSWORD, organizationId=999) == (401, None)
    change = {"currentPassword": TWINS_PASSWORD, "password": "yet another passphrase"}
    assert (await api.call("PATCH", "/api/session", "admin", json=change)).status == 400


async def test_one_password_for_two_accounts_logs_in_to_the_one_that_is_named(api: Api) -> None:
    await make_user(api, "stranger", ADDRESS, password=PASSWORD)
    assert [await log_in(api, PASSWORD, organizationId=number) for number in (1, 2)] == [(201, 1), (201, 2)]
    assert await log_in(api, PASSWORD) == (201, 1)


async def test_a_log_in_hashes_once_however_many_accounts_an_address_has(api: Api) -> None:
    await make_user(api, "stranger", ADDRESS)
    twin = await api.db.fetchval("SELECT id FROM users WHERE organization_id = 2 AND email = $1", ADDRESS)
    assert await salts(api) == 1
    change = {"currentPassword": PASSWORD, "password": "yet another passphrase"}
    assert (await api.call("PATCH", "/api/session", "admin", json=change)).status == 200
    path, body = f"/api/users/{twin}", {"password": "and still another passphrase"}
    assert (await api.call("PATCH", path, "stranger", json=body)).status == 200
    assert await salts(api) == 1
    assert await log_in(api, "and still another passphrase") == (201, 2)


async def salts(api: Api) -> int:
    """How many: what an address's accounts are hashed with."""
    rows = await api.db.fetch("SELECT password_hash FROM logins WHERE email = $1", ADDRESS)
    assert len({row["password_hash"] for row in rows}) == len(rows) == 2
    return len({row["password_hash"].rpartition("$")[0] for row in rows})


@pytest.mark.parametrize("email", [ADDRESS, "free@example.com"])
async def test_ones_own_success_gives_no_more_guesses_at_anothers_password(api: Api, email: str) -> None:
    await make_user(api, "stranger", email)
    guesses = [await log_in(api, "wrong", email=email) for _ in range(9)]
    assert {status for status, _ in guesses} == {401}
    assert await log_in(api, TWINS_PASSWORD, email=email) == (201, 2)
    assert [(await log_in(api, "wrong", email=email))[0] for _ in range(2)] == [401, 429]


async def test_accounts_of_one_address_end_each_by_itself(api: Api) -> None:
    _, twin = await make_user(api, "stranger", ADDRESS)
    assert (await api.call("DELETE", f"/api/users/{twin['id']}", "stranger")).status == 204
    assert (await api.get()).status == 200
    assert await log_in(api, TWINS_PASSWORD) == (401, None)
    assert await log_in(api, PASSWORD) == (201, 1)


async def test_a_name_of_another_tenant_is_as_good_as_any(api: Api) -> None:
    response = await api.call("PATCH", "/api/organization", "stranger", json={"name": "Example"})
    assert (response.status, (await response.json())["name"]) == (200, "Example")


async def test_a_global_admin_who_sees_all_names_is_told_that_one_is_taken(api: Api) -> None:
    calls = [("POST", "/api/organizations"), ("PATCH", "/api/organizations/2")]
    for method, path in calls:
        response = await api.call(method, path, "globaladmin", json={"name": "Example"})
        assert (response.status, (await response.json())["errors"][0]["field"]) == (409, "name")
    response = await api.call("PATCH", "/api/organizations/1", "globaladmin", json={"name": "Example"})
    assert response.status == 200, "one's own name is free"
