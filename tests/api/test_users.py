"""Users: roles that hold at once, passwords shown once, and no way to a role nobody gave."""

import asyncio

import pytest

from tests.conftest import PASSWORD, Api, becomes, waits_for_a_lock

NEW = {"email": "New@Example.com", "name": "New", "role": "user"}


async def make(api: Api, who: str = "admin", **fields: object) -> dict[str, object]:
    response = await api.call("POST", "/api/users", who, json={**NEW, **fields})
    assert response.status == 201, await response.text()
    made: dict[str, object] = await response.json()
    return made


async def log_in(api: Api, email: object, password: object) -> int:
    response = await api.call("POST", "/api/sessions", None, json={"email": email, "password": password})
    return response.status


async def id_of(api: Api, who: str) -> int:
    user_id: int = await api.db.fetchval("SELECT id FROM users WHERE email LIKE $1 || '@%'", who)
    return user_id


async def test_a_password_that_is_not_given_is_made_and_shown_once(api: Api) -> None:
    made = await make(api)
    password = made.pop("password")
    assert {**made, "id": 0, "createdAt": ""} == {
        "id": 0,
        "organizationId": 1,
        "email": "new@example.com",
        "name": "New",
        "role": "user",
        "globalRole": None,
        "customerIds": None,
        "active": True,
        "createdAt": "",
    }
    assert await log_in(api, "NEW@example.com", password) == 201
    assert await (await api.call("GET", f"/api/users/{made['id']}")).json() == made
    page = await (await api.call("GET", "/api/users?search=new@")).json()
    assert (page["items"], page["total"]) == ([made], 1)


async def test_a_given_password_is_not_repeated(api: Api) -> None:
    assert "password" not in await make(api, password=PASSWORD)
    assert await log_in(api, NEW["email"], PASSWORD) == 201


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": None}, ["email"]),
        ({"email": "x"}, ["email"]),
        ({"role": "root"}, ["role"]),
        ({"password": "short"}, ["password"]),
        ({"password": "x" * 1025}, ["password"]),
        ({"customerIds": 10}, ["customerIds"]),
        ({"customerIds": [True]}, ["customerIds"]),
        ({"customerIds": [10, 999]}, ["customerIds"]),
        ({"customerIds": [1] * 1001}, ["customerIds"]),
        ({"nam": 1, "name": ""}, ["name", "nam"]),
    ],
)
async def test_a_wrong_user_is_not_made(api: Api, changes: dict[str, object], fields: list[str]) -> None:
    response = await api.call("POST", "/api/users", json={**NEW, **changes})
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == fields


async def test_customers_may_be_named_by_their_public_ids(api: Api) -> None:
    public_id = await api.db.fetchval("SELECT public_id FROM customers WHERE id = 11")
    assert (await make(api, customerIds=[str(public_id), 10, 10]))["customerIds"] == [10, 11]


async def test_what_was_read_may_be_sent_back(api: Api) -> None:
    user = await (await api.call("GET", f"/api/users/{await id_of(api, 'user')}")).json()
    response = await api.call("PATCH", f"/api/users/{user['id']}", json={**user, "name": "Renamed"})
    assert await response.json() == {**user, "name": "Renamed"}
    assert (await api.get("user")).status == 200, "a session outlives a change of the name"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"role": "readonly"}, 403),
        ({"customerIds": [11]}, 404),
        ({"active": False}, 401),
        ({"password": PASSWORD}, 401),
    ],
)
async def test_a_change_of_a_user_holds_within_a_second(api: Api, changes: object, status: int) -> None:
    assert (await api.patch({"port": 25}, "user")).status == 200
    assert (await api.call("PATCH", f"/api/users/{await id_of(api, 'user')}", json=changes)).status == 200

    async def patched() -> int:
        return (await api.patch({"port": 26}, "user")).status

    await becomes(status, patched)


async def test_deactivation_ends_sessions_for_good(api: Api) -> None:
    await api.token("user")
    path = f"/api/users/{await id_of(api, 'user')}"
    assert (await api.call("PATCH", path, json={"active": False})).status == 200
    assert await log_in(api, "user@example.com", PASSWORD) == 401
    assert (await api.call("PATCH", path, json={"active": True})).status == 200
    assert (await api.get("user")).status == 401
    assert await log_in(api, "user@example.com", PASSWORD) == 201


async def test_a_removed_user_is_gone_with_its_sessions_and_address(api: Api) -> None:
    await api.token("user")
    path = f"/api/users/{await id_of(api, 'user')}"
    assert (await api.call("DELETE", path)).status == 204
    assert (await api.call("GET", path)).status == 404

    async def status() -> int:
        return (await api.get("user")).status

    await becomes(401, status)
    assert (await make(api, email="user@example.com"))["id"]


@pytest.mark.parametrize("changes", [{"role": "user"}, {"active": False}, {"customerIds": [10]}, None])
async def test_the_last_administrator_stays(api: Api, changes: object) -> None:
    path = f"/api/users/{await id_of(api, 'admin')}"
    method = "DELETE" if changes is None else "PATCH"
    response = await api.call(method, path, json=changes)
    assert (response.status, (await response.json())["code"]) == (409, "last_administrator")
    assert (await api.call("GET", path)).status == 200
    await make(api, role="admin")
    assert (await api.call(method, path, json=changes)).status in (200, 204)


async def test_of_two_administrators_who_remove_each_other_one_stays(api: Api) -> None:
    other = await make(api, role="admin")
    admin = await id_of(api, "admin")
    await api.token("globaladmin")
    responses = await asyncio.gather(
        *(
            api.call("PATCH", f"/api/users/{user}", "globaladmin", json={"role": "user"})
            for user in (admin, other["id"])
        )
    )
    assert sorted(response.status for response in responses) == [200, 409]


@pytest.mark.parametrize("changes", [{"password": PASSWORD}, {"active": False}, {"name": "x"}, {}, None])
async def test_an_administrator_cannot_become_a_global_one_through_its_user(api: Api, changes: object) -> None:
    path = f"/api/users/{await id_of(api, 'globaladmin')}"
    response = await api.call("DELETE" if changes is None else "PATCH", path, json=changes)
    assert (response.status, (await response.json())["message"]) == (403, "Forbidden")


async def test_an_administrator_of_some_customers_administers_nothing(api: Api) -> None:
    await make(api, role="admin", customerIds=[10], password=PASSWORD)
    api.tokens["new"] = (
        await (await api.call("POST", "/api/sessions", None, json={"email": NEW["email"], "password": PASSWORD})).json()
    )["token"]
    for method, path in [("GET", "/api/users"), ("POST", "/api/customers"), ("PATCH", "/api/organization")]:
        assert (await api.call(method, path, "new", json={"name": "x"})).status == 403
    assert (await api.patch({"port": 25}, "new")).status == 200


async def test_a_log_in_that_waited_for_a_new_password_fails(api: Api) -> None:
    async with api.db.transaction():
        await api.db.execute("UPDATE logins SET password_hash = 'x' WHERE email = 'user@example.com'")
        old = asyncio.create_task(log_in(api, "user@example.com", PASSWORD))
        await waits_for_a_lock(api)
    assert await old == 401
