"""Logging in, being known, and being forgotten at once."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import jwt
import pytest
from multidict import CIMultiDict

from server.serving.app import create_app
from tests.conftest import PASSWORD, AiohttpClient, Api, becomes

ADMIN = {
    "id": 1,
    "organizationId": 1,
    "email": "admin@example.com",
    "name": "Admin",
    "role": "admin",
    "globalRole": None,
    "customerIds": None,
}


async def log_in(api: Api, email: str, password: str) -> tuple[int, dict[str, object]]:
    response = await api.call("POST", "/api/sessions", None, json={"email": email, "password": password})
    return response.status, await response.json()


async def test_a_session_is_opened_used_and_ended(api: Api) -> None:
    user_id = await api.db.fetchval("SELECT id FROM users WHERE email = 'admin@example.com'")
    status, session = await log_in(api, "Admin@Example.com", PASSWORD)
    assert (status, session["user"]) == (201, {**ADMIN, "id": user_id})
    headers = {"Authorization": f"bEaReR {session['token']}"}
    who = await api.call("GET", "/api/session", None, headers=headers)
    assert await who.json() == {**ADMIN, "id": user_id, "expiresAt": session["expiresAt"]}
    assert (await api.call("DELETE", "/api/session", None, headers=headers)).status == 204
    await becomes(401, lambda: status_of(api, headers))


async def test_a_wrong_password_and_an_unknown_account_are_answered_alike(api: Api) -> None:
    wrong = await log_in(api, "admin@example.com", "wrong")
    assert wrong == await log_in(api, "nobody@example.com", "wrong")
    assert (wrong[0], wrong[1]["code"]) == (401, "unauthorized")


async def test_attempts_are_limited_for_each_account(api: Api) -> None:
    statuses = [(await log_in(api, "user@example.com", "wrong"))[0] for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    response = await api.call("POST", "/api/sessions", None, json={"email": "user@example.com", "password": PASSWORD})
    assert response.status == 429
    assert 880 <= int(response.headers["Retry-After"]) <= 900
    assert (await log_in(api, "admin@example.com", PASSWORD))[0] == 201


async def test_a_success_forgets_the_failures_before_it(api: Api) -> None:
    for _ in range(9):
        assert (await log_in(api, "user@example.com", "wrong"))[0] == 401
    assert (await log_in(api, "user@example.com", PASSWORD))[0] == 201
    assert (await log_in(api, "user@example.com", "wrong"))[0] == 401


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@b.example"}, {"email": 1, "password": "x"}, {"email": "a", "password": "x" * 1025}]
)
async def test_a_log_in_needs_both_parts(api: Api, body: dict[str, object]) -> None:
    assert (await api.call("POST", "/api/sessions", None, json=body)).status == 400


async def test_two_authorizations_are_none(api: Api) -> None:
    good = f"Bearer {await api.token('admin')}"
    headers = CIMultiDict([("Authorization", good), ("Authorization", good)])
    response = await api.client.request("GET", "/api/session", headers=headers)
    assert response.status == 401


def forged(claims: dict[str, object], **changes: object) -> dict[str, object]:
    return {key: value for key, value in {**claims, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer  ", "Basic dTpw", "Bearer garbage", "Bearer a.b.c", "Bearer " + "x" * 5000, "Token {token}"],
)
async def test_what_is_no_token_is_401(api: Api, authorization: str) -> None:
    headers = {"Authorization": authorization.format(token=await api.token("admin"))}
    response = await api.call("GET", "/api/session", None, headers=headers)
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert (await response.json())["message"] == "Unauthorized"


@pytest.mark.parametrize(
    ("changes", "key", "algorithm"),
    [
        ({}, "y" * 64, "HS256"),
        ({}, "x" * 64, "HS512"),
        ({}, "", "none"),
        ({"exp": None}, "x" * 64, "HS256"),
        ({"sub": None}, "x" * 64, "HS256"),
        ({"exp": 1}, "x" * 64, "HS256"),
        ({"sid": None}, "x" * 64, "HS256"),
        ({"sid": 7}, "x" * 64, "HS256"),
        ({"org": "x"}, "x" * 64, "HS256"),
        ({"org": 2**70}, "x" * 64, "HS256"),
        ({"org": [1]}, "x" * 64, "HS256"),
        ({"org": 2}, "x" * 64, "HS256"),
    ],
)
async def test_a_forged_token_is_401(api: Api, changes: dict[str, object], key: str, algorithm: str) -> None:
    claims = jwt.decode(await api.token("admin"), options={"verify_signature": False})
    token = jwt.encode(forged(claims, **changes), key, algorithm=algorithm)
    response = await api.call("GET", "/api/session", None, headers={"Authorization": f"Bearer {token}"})
    assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_a_token_of_the_same_claims_and_key_is_good(api: Api) -> None:
    claims = jwt.decode(await api.token("admin"), options={"verify_signature": False})
    token = jwt.encode(claims, "x" * 64, algorithm="HS256")
    response = await api.call("GET", "/api/session", None, headers={"Authorization": f"Bearer {token}"})
    assert response.status == 200


async def test_an_expired_session_is_401_though_its_caller_is_remembered(api: Api) -> None:
    claims = jwt.decode(await api.token("admin"), options={"verify_signature": False})
    headers = {"Authorization": f"Bearer {jwt.encode(claims, 'x' * 64, algorithm='HS256')}"}
    assert await status_of(api, headers) == 200
    await api.db.execute("UPDATE sessions SET expires_at = $1", datetime.now(UTC) - timedelta(seconds=1))
    await becomes(401, lambda: status_of(api, headers))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("DELETE FROM sessions", 401),
        ("UPDATE users SET active = false", 401),
        ("DELETE FROM users", 401),
        ("UPDATE users SET role = 'readonly'", 403),
        ("UPDATE users SET global_role = 'supporter'", 403),
        ("UPDATE users SET customer_ids = '{11}'", 404),
    ],
)
async def test_a_change_holds_on_every_worker_within_a_second(
    api: Api, aiohttp_client: AiohttpClient, change: str, status: int
) -> None:
    other = Api(await aiohttp_client(create_app(api.config)), api.db, api.config)
    other.tokens["admin"] = await api.token("admin")
    workers = (api, other)
    for worker in workers:
        assert (await worker.patch({"port": 25})).status == 200
    await api.db.execute(change)

    async def patched(worker: Api) -> int:
        return (await worker.patch({"port": 26})).status

    await asyncio.gather(*(becomes(status, partial(patched, worker)) for worker in workers))


async def test_a_remembered_caller_costs_no_query(api: Api) -> None:
    await becomes(True, lambda: listening(api))
    assert (await api.get()).status == 200
    async with api.db.transaction():
        await api.db.execute("LOCK TABLE sessions, users")  # whoever asks now would wait
        assert (await api.get()).status == 200


async def listening(api: Api) -> bool:
    from server.handlers.keys import CELLS

    assert api.client.app is not None
    return time.monotonic() < api.client.app[CELLS].home.listener.trusted_until


async def status_of(api: Api, headers: dict[str, str]) -> int:
    return (await api.call("GET", "/api/session", None, headers=headers)).status
