"""Who makes administrators or tokens without an end has given its password a short while ago, or gives it now."""

from typing import Any

import pytest

from tests.conftest import PASSWORD, Api, becomes

NEW = {"email": "new@example.com", "name": "New"}
STALE = "UPDATE sessions SET created_at = now() - interval '16 minutes'"
# what needs it: method, path, body, and what the user in the path is before
POWERFUL: list[tuple[str, str, dict[str, object], str]] = [
    ("POST", "/api/users", {**NEW, "role": "admin"}, ""),
    ("POST", "/api/users", {**NEW, "role": "user", "globalRole": "supporter"}, ""),
    ("PATCH", "/api/users/{}", {"role": "admin"}, "role = 'user'"),
    ("PATCH", "/api/users/{}", {"globalRole": "admin"}, "role = 'user'"),
    ("PATCH", "/api/users/{}", {"customerIds": None}, "role = 'admin', customer_ids = '{10}'"),
    ("PATCH", "/api/users/{}", {"active": True}, "role = 'admin', active = false"),
    ("PATCH", "/api/users/{}", {"password": "entirely another phrase"}, "role = 'admin'"),
    ("POST", "/api/tokens", {"name": "Robot", "expiresInDays": None}, ""),
]
HARMLESS: list[tuple[str, str, dict[str, object], str]] = [
    ("POST", "/api/users", {**NEW, "role": "user"}, ""),
    ("PATCH", "/api/users/{}", {"role": "user"}, "role = 'admin'"),
    ("PATCH", "/api/users/{}", {"role": "admin", "name": "Renamed"}, "role = 'admin'"),
    ("PATCH", "/api/users/{}", {"password": "entirely another phrase"}, "role = 'user'"),
    ("PATCH", "/api/users/{}", {"customerIds": None}, "role = 'user', customer_ids = '{10}'"),
    ("POST", "/api/tokens", {"name": "Robot"}, ""),
]


async def prepared(api: Api, path: str, before: str) -> str:
    """The path, of a user that is as said before; the session of the caller is stale."""
    await api.token("globaladmin")
    user = await api.db.fetchval("SELECT id FROM users WHERE email = 'readonly@example.com'")
    if before:
        await api.db.execute(f"UPDATE users SET {before} WHERE id = $1", user)
    await api.db.execute(STALE)
    return path.format(user)


async def asked(api: Api, method: str, path: str, body: Any, who: str = "globaladmin") -> tuple[int, list[Any]]:
    response = await api.call(method, path, who, json=body)
    errors = (await response.json()).get("errors", [])
    return response.status, [(error["field"], error["code"]) for error in errors]


@pytest.mark.parametrize(("method", "path", "body", "before"), POWERFUL)
async def test_a_stale_session_needs_the_password(
    api: Api, method: str, path: str, body: dict[str, object], before: str
) -> None:
    target = await prepared(api, path, before)
    refused = [("currentPassword", "password_required")]
    assert await asked(api, method, target, body) == (400, refused)
    wrong = {**body, "currentPassword": "wrong"}
    assert await asked(api, method, target, wrong) == (400, [("currentPassword", "wrong_password")])
    right = {**body, "currentPassword": PASSWORD}
    assert (await asked(api, method, target, right))[0] in (200, 201)


@pytest.mark.parametrize(("method", "path", "body", "before"), HARMLESS)
async def test_what_gives_no_power_needs_none(
    api: Api, method: str, path: str, body: dict[str, object], before: str
) -> None:
    assert (await asked(api, method, await prepared(api, path, before), body))[0] in (200, 201)


@pytest.mark.parametrize(("method", "path", "body", "before"), [POWERFUL[0], POWERFUL[-1]])
async def test_a_session_just_opened_needs_none(
    api: Api, method: str, path: str, body: dict[str, object], before: str
) -> None:
    assert (await asked(api, method, path, body))[0] == 201


async def test_an_api_token_is_never_fresh(api: Api) -> None:
    made = await (await api.call("POST", "/api/tokens", json={"name": "Robot"})).json()
    api.tokens["robot"] = made["token"]
    method, path, body, _ = POWERFUL[0]
    assert await asked(api, method, path, body, "robot") == (400, [("currentPassword", "password_required")])
    assert (await asked(api, method, path, {**body, "currentPassword": PASSWORD}, "robot"))[0] == 201


async def test_guesses_are_limited(api: Api) -> None:
    target = await prepared(api, "/api/users", "")
    body = {**NEW, "role": "admin", "currentPassword": "wrong"}
    statuses = [(await asked(api, "POST", target, body))[0] for _ in range(11)]
    assert statuses == [400] * 10 + [429]


async def test_a_session_grows_stale_though_its_caller_is_remembered(api: Api) -> None:
    method, path, body, _ = POWERFUL[-1]
    assert (await asked(api, method, path, body))[0] == 201
    await api.db.execute(STALE)
    await api.db.execute("UPDATE users SET name = 'Renamed'")  # so that workers read it again

    async def status() -> int:
        return (await asked(api, method, path, body))[0]

    await becomes(400, status)
