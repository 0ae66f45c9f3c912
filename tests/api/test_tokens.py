"""API tokens: named, perhaps for one customer, perhaps without an end, and never able to make others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from server.handlers.keys import CELLS
from tests.conftest import MONITOR, OTHER_CUSTOMERS, Api, becomes


async def make(api: Api, who: str = "admin", **fields: object) -> dict[str, Any]:
    """A new token, by whose name ``api`` calls with it from then on."""
    response = await api.call("POST", "/api/tokens", who, json={"name": "Robot", **fields})
    assert response.status == 201, await response.text()
    made: dict[str, Any] = await response.json()
    api.tokens["robot"] = made["token"]
    return made


async def test_a_token_is_shown_once(api: Api) -> None:
    made = await make(api, expiresInDays=None)
    token = made.pop("token")
    assert {**made, "id": "", "userId": 0, "createdAt": ""} == {
        "id": "",
        "organizationId": 1,
        "userId": 0,
        "name": "Robot",
        "customerId": None,
        "createdAt": "",
        "expiresAt": None,
        "lastUsedAt": None,
        "email": "admin@example.com",
    }
    listed = await (await api.call("GET", "/api/tokens")).text()
    assert token not in listed
    assert made["id"] in listed
    session = await (await api.call("GET", "/api/session", "robot")).json()
    assert (session["email"], session["expiresAt"]) == ("admin@example.com", None)
    assert (await api.patch({"port": 25}, "robot")).status == 200


@pytest.mark.parametrize(("fields", "days"), [({}, 90), ({"expiresInDays": 1}, 1), ({"expiresInDays": 365}, 365)])
async def test_a_token_ends(api: Api, fields: dict[str, Any], days: int) -> None:
    made = await make(api, **fields)
    left = datetime.fromisoformat(made["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=days, minutes=-1) < left <= timedelta(days=days)


async def test_a_token_without_an_end_still_says_when(api: Api) -> None:
    made = await make(api, expiresInDays=None)
    claims = jwt.decode(made["token"], options={"verify_signature": False})
    assert claims["exp"] > 253_000_000_000
    del claims["exp"]
    headers = {"Authorization": f"Bearer {jwt.encode(claims, api.config.jwt_secret, algorithm='HS256')}"}
    assert (await api.call("GET", "/api/session", None, headers=headers)).status == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "expiresInDays": 0}, "expiresInDays"),
        ({"name": "x", "expiresInDays": 366}, "expiresInDays"),
        ({"name": "x", "expiresInDays": True}, "expiresInDays"),
        ({"name": "x", "customerId": 999}, "customerId"),
        ({"name": "x", "customerId": "x"}, "customerId"),
        ({"name": "x", "userId": 1}, "userId"),
    ],
)
async def test_a_wrong_token_is_not_made(api: Api, body: object, field: str) -> None:
    response = await api.call("POST", "/api/tokens", json=body)
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == [field]


@pytest.mark.parametrize("who", ["admin", "user", "globaladmin"])
async def test_a_token_manages_no_tokens_and_no_password(api: Api, who: str) -> None:
    made = await make(api, who)
    for method, path, body in [
        ("GET", "/api/tokens", None),
        ("POST", "/api/tokens", {"name": "x"}),
        ("DELETE", f"/api/tokens/{made['id']}", None),
        ("PATCH", "/api/session", {}),
    ]:
        response = await api.call(method, path, "robot", json=body)
        assert (response.status, (await response.json())["message"]) == (403, "Forbidden"), path


@pytest.mark.parametrize("who", ["admin", "user", "globaladmin"])
async def test_a_token_for_a_customer_reaches_that_customer_alone(api: Api, who: str) -> None:
    await make(api, who, customerId=10)
    assert (await api.patch({"port": 25}, "robot")).status == 200
    assert (await api.patch({"port": 25}, "robot", monitor=OTHER_CUSTOMERS)).status == 404
    page = await (await api.call("GET", "/api/smtp-monitors", "robot")).json()
    assert ([item["publicId"] for item in page["items"]], page["total"]) == ([MONITOR], 1)
    for method, path in [
        ("GET", "/api/users"),
        ("POST", "/api/users"),
        ("POST", "/api/customers"),
        ("PATCH", "/api/customers/10"),
        ("PATCH", "/api/organization"),
        ("POST", "/api/organizations"),
    ]:
        assert (await api.call(method, path, "robot", json={"name": "x"})).status == 403, path
    body = {"customerId": 11, "name": "x", "hostname": "x.example"}
    assert (await api.call("POST", "/api/smtp-monitors", "robot", json=body)).status == 400


async def test_a_token_never_reaches_more_than_its_user(api: Api) -> None:
    await make(api, "user", customerId=10)
    await api.db.execute("UPDATE users SET customer_ids = '{11}' WHERE email = 'user@example.com'")

    async def status() -> int:
        return (await api.get("robot")).status

    await becomes(404, status)
    assert (await api.get("robot", monitor=OTHER_CUSTOMERS)).status == 404
    await api.db.execute("UPDATE users SET global_role = 'supporter' WHERE email = 'user@example.com'")

    async def patched() -> int:
        return (await api.patch({"port": 25}, "robot")).status

    await becomes(403, patched)


async def test_a_revoked_token_ends_within_a_second(api: Api) -> None:
    made = await make(api)
    assert (await api.get("robot")).status == 200
    assert (await api.call("DELETE", f"/api/tokens/{made['id']}")).status == 204

    async def status() -> int:
        return (await api.get("robot")).status

    await becomes(401, status)
    assert (await api.call("DELETE", f"/api/tokens/{made['id']}")).status == 404


async def test_each_sees_its_own_and_an_administrator_all_of_the_organization(api: Api) -> None:
    for who in ("admin", "user", "readonly", "stranger", "globaladmin"):
        await make(api, who)
    seen = {}
    for who in ("user", "admin", "globaladmin", "stranger"):
        page = await (await api.call("GET", "/api/tokens", who)).json()
        seen[who] = sorted(item["email"].partition("@")[0] for item in page["items"])
        assert page["total"] == len(page["items"])
    ours = ["admin", "globaladmin", "readonly", "user"]
    assert seen == {
        "user": ["user"],
        "admin": ours,
        "globaladmin": [*ours[:3], "stranger", "user"],
        "stranger": ["stranger"],
    }


async def test_uses_are_recorded_beside_the_requests_and_not_each(api: Api) -> None:
    made = await make(api)
    assert (await api.patch({"port": 25}, "robot")).status == 200

    async def last_used() -> object:
        return await api.db.fetchval("SELECT last_used_at IS NOT NULL FROM sessions WHERE id = $1", made["id"])

    await becomes(True, last_used)
    version = "SELECT xmin::text FROM sessions WHERE id = $1"
    before = await api.db.fetchval(version, made["id"])
    assert api.client.app is not None
    for _ in range(3):
        assert (await api.get("robot")).status == 200
        await api.client.app[CELLS].home.uses.flush()
    assert await api.db.fetchval(version, made["id"]) == before
    await api.db.execute("UPDATE sessions SET last_used_at = now() - interval '2 minutes'")
    assert (await api.get("robot")).status == 200
    await api.client.app[CELLS].home.uses.flush()
    [token] = (await (await api.call("GET", "/api/tokens")).json())["items"]
    assert datetime.now(UTC) - datetime.fromisoformat(token["lastUsedAt"]) < timedelta(seconds=30)
