"""A log-in that nobody uses ends by itself; one that is used goes on, whichever worker it is used at."""

from dataclasses import replace

import pytest

from server.handlers.keys import CALLERS, CELLS
from server.serving.app import create_app
from tests.conftest import AiohttpClient, Api

OLD = "UPDATE sessions SET created_at = now() - interval '2 minutes', last_used_at = "


@pytest.fixture
async def idle(api: Api, aiohttp_client: AiohttpClient) -> Api:
    """A worker whose sessions end after a minute without use."""
    return await worker(api, aiohttp_client, minutes=1)


async def worker(api: Api, aiohttp_client: AiohttpClient, *, minutes: int) -> Api:
    config = replace(api.config, session_idle_minutes=minutes)
    one = Api(await aiohttp_client(create_app(config)), api.db, config)
    one.tokens = {"admin": await api.token("admin")}
    return one


async def status(worker: Api, who: str = "admin") -> int:
    return (await worker.call("GET", "/api/session", who)).status


@pytest.mark.parametrize(
    ("last_used", "expected"),
    [("NULL", 401), ("now() - interval '61 seconds'", 401), ("now() - interval '50 seconds'", 200)],
)
async def test_a_session_ends_a_minute_after_its_last_use(idle: Api, last_used: str, expected: int) -> None:
    await idle.db.execute(OLD + last_used)
    assert await status(idle) == expected


async def test_a_new_session_has_a_minute_to_be_used(idle: Api) -> None:
    assert await status(idle) == 200


async def test_without_a_limit_none_ends(api: Api, aiohttp_client: AiohttpClient) -> None:
    await api.token("admin")
    await api.db.execute(OLD + "NULL")
    assert await status(await worker(api, aiohttp_client, minutes=0)) == 200


async def test_an_api_token_does_not_end(idle: Api) -> None:
    made = await (await idle.call("POST", "/api/tokens", json={"name": "Robot"})).json()
    idle.tokens["robot"] = made["token"]
    await idle.db.execute(OLD + "NULL")
    assert await status(idle, "robot") == 200


async def test_what_one_worker_has_seen_counts_for_all(idle: Api, aiohttp_client: AiohttpClient) -> None:
    other = await worker(idle, aiohttp_client, minutes=1)
    assert await status(idle) == 200
    assert idle.client.app is not None
    await idle.client.app[CELLS].home.uses.flush()
    await idle.db.execute("UPDATE sessions SET created_at = now() - interval '2 minutes'")
    assert await status(other) == 200


async def test_a_remembered_caller_is_forgotten_when_it_is_not_seen(idle: Api) -> None:
    assert await status(idle) == 200
    assert idle.client.app is not None
    uses, callers = idle.client.app[CELLS].home.uses, idle.client.app[CALLERS]
    await uses.flush()
    uses.sweep()  # it was seen before
    assert await status(idle) == 200
    await uses.flush()
    await idle.db.execute(OLD + "now() - interval '2 minutes'")
    uses.sweep()
    uses.sweep()
    assert not callers._remembered
    assert await status(idle) == 401
