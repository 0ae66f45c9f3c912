"""One's own password: changed with the current one, which ends every other session."""

import time

import pytest
from argon2 import extract_parameters

from server.access import passwords
from tests.conftest import PASSWORD, Api, becomes

NEW = "another long password"


async def log_in(api: Api, password: str) -> tuple[int, str]:
    body = {"email": "user@example.com", "password": password}
    response = await api.call("POST", "/api/sessions", None, json=body)
    return response.status, (await response.json()).get("token", "")


async def test_a_new_password_ends_every_other_session_and_token(api: Api) -> None:
    _, other = await log_in(api, PASSWORD)
    made = await (await api.call("POST", "/api/tokens", "user", json={"name": "x"})).json()
    change = {"currentPassword": PASSWORD, "password": NEW}
    response = await api.call("PATCH", "/api/session", "user", json=change)
    assert (response.status, (await response.json())["email"]) == (200, "user@example.com")
    for token in (other, made["token"]):

        async def status(token: str = token) -> int:
            return (await api.call("GET", "/api/session", None, headers={"Authorization": f"Bearer {token}"})).status

        await becomes(401, status)
    assert (await api.call("GET", "/api/session", "user")).status == 200
    assert (await log_in(api, PASSWORD))[0] == 401
    assert (await log_in(api, NEW))[0] == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": NEW}, "currentPassword"),
        ({"currentPassword": "wrong", "password": NEW}, "currentPassword"),
        ({"currentPassword": PASSWORD, "password": "short"}, "password"),
        ({"currentPassword": PASSWORD, "password": NEW, "name": "x"}, "name"),
    ],
)
async def test_a_wrong_change_changes_nothing(api: Api, body: object, field: str) -> None:
    response = await api.call("PATCH", "/api/session", "user", json=body)
    assert response.status == 400
    assert [error["field"] for error in (await response.json())["errors"]] == [field]
    assert (await log_in(api, PASSWORD))[0] == 201


async def test_guesses_at_the_current_password_are_limited(api: Api) -> None:
    body = {"currentPassword": "wrong", "password": NEW}
    statuses = [(await api.call("PATCH", "/api/session", "user", json=body)).status for _ in range(11)]
    assert statuses == [400] * 10 + [429]


def test_the_hash_for_an_unknown_address_costs_what_others_cost() -> None:
    assert extract_parameters(passwords.NOBODY) == extract_parameters(passwords.hash_password(PASSWORD))


@pytest.mark.usefixtures("full_cost")
async def test_an_unknown_address_takes_as_long_as_a_wrong_password(api: Api) -> None:
    """So do one that is not active, and one that several organizations have a user with."""
    await api.db.execute("UPDATE users SET active = false WHERE email = 'readonly@example.com'")
    twin = {"email": "user@example.com", "name": "Twin", "role": "user", "password": NEW}
    assert (await api.call("POST", "/api/users", "stranger", json=twin)).status == 201
    seconds: dict[str, list[float]] = {}
    for _ in range(7):
        for email in ("admin@example.com", "nobody@example.com", "readonly@example.com", "user@example.com"):
            started = time.perf_counter()
            body = {"email": email, "password": "wrong"}
            assert (await api.call("POST", "/api/sessions", None, json=body)).status == 401
            seconds.setdefault(email, []).append(time.perf_counter() - started)
    # the least of each: whatever else the machine does only adds
    known, *others = (min(values) for values in seconds.values())
    # a look-up without a hash would take a tenth of it
    assert all(0.5 < other / known < 2 for other in others), {k: [round(v, 3) for v in vs] for k, vs in seconds.items()}
