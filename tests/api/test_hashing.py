"""Hashes of passwords cost time and memory: few at once, few who wait, and a 503 at once for the rest."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from server.access import passwords
from tests.conftest import PASSWORD, Api

pytestmark = pytest.mark.usefixtures("full_cost")

NEW = "another long password"
Call = tuple[str, str, str | None, dict[str, Any]]


def log_in(number: int) -> Call:
    return "POST", "/api/sessions", None, {"email": "user@example.com", "password": PASSWORD}


def log_in_as_nobody(number: int) -> Call:
    return "POST", "/api/sessions", None, {"email": f"nobody{number}@example.com", "password": PASSWORD}


def make_user(number: int) -> Call:
    return "POST", "/api/users", "admin", {"email": f"n{number}@example.com", "name": "New", "role": "user"}


def change_password(number: int) -> Call:
    return "PATCH", "/api/session", "user", {"currentPassword": PASSWORD, "password": NEW}


async def at_once(api: Api, calls: list[Call]) -> list[tuple[int, str | None]]:
    responses = await asyncio.gather(*(api.call(*call[:3], json=call[3]) for call in calls))
    return [(response.status, response.headers.get("Retry-After")) for response in responses]


@pytest.mark.parametrize(
    ("call", "status"), [(log_in, 201), (log_in_as_nobody, 401), (make_user, 201), (change_password, 200)]
)
async def test_what_does_not_fit_into_the_queue_is_refused(api: Api, call: Callable[[int], Call], status: int) -> None:
    await asyncio.gather(api.token("user"), api.token("admin"))
    answers = await at_once(api, [call(number) for number in range(60)])
    refused = [answer for answer in answers if answer == (503, "1")]
    judged = [answer for answer in answers if answer[0] in (status, 400, 429)]
    assert len(refused) + len(judged) == 60, answers
    assert len(refused) >= 30
    assert len(judged) >= passwords.MAX_WAITING


async def test_who_is_refused_has_made_no_attempt(api: Api) -> None:
    answers = await at_once(api, [log_in_as_nobody(number) for number in range(60)])
    judged = [status for status, _ in answers if status == 401]
    assert await api.db.fetchval("SELECT count(*) FROM login_attempts") == len(judged)
    assert await at_once(api, [log_in(0)]) == [(201, None)]
