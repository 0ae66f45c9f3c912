"""Who listens does so for as long as it may: a stream ends with its session, its client, its server, or its bounds."""

import asyncio

import asyncpg
import pytest

from server.access import listener_queues, listeners
from server.handlers import keys
from server.serving.app import create_app
from tests.conftest import AiohttpClient, Api
from tests.serving.listening import listening

pytestmark = pytest.mark.usefixtures("quick_looks")


async def test_a_session_that_is_ended_ends_its_stream(api: Api) -> None:
    async with listening(api, "user") as listener, listening(api) as other:
        assert (await api.call("DELETE", "/api/session", "user")).status == 204
        await listener.ends()
        await api.patch({"port": 1})
        assert (await other.next())[0] == "change"


async def test_whose_reach_changes_is_sent_away(api: Api, db: asyncpg.Connection) -> None:
    async with listening(api, "user") as listener:
        await db.execute("UPDATE users SET customer_ids = '{11}' WHERE email = 'user@example.com'")
        await listener.ends()


async def test_whose_organization_has_moved_is_sent_to_its_new_home(api: Api, db: asyncpg.Connection) -> None:
    async with listening(api, "stranger") as listener, listening(api) as other:
        await db.execute("INSERT INTO organization_homes VALUES (2, 1)")
        await listener.ends()
        await api.patch({"port": 1})
        assert (await other.next())[0] == "change"


async def test_a_slow_listener_is_sent_away(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is bounded."""
    monkeypatch.setattr(listener_queues, "MOST", 0)
    async with listening(api) as listener:
        await api.patch({"port": 1})
        await listener.ends()


async def test_there_are_so_many_listeners_and_no_more(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "MOST_OF_ONE", 1)
    async with listening(api):
        refused = await api.call("GET", "/api/events")
        assert (refused.status, (await refused.json())["code"]) == (429, "too_many_listeners")
        async with listening(api, "stranger"):
            monkeypatch.setattr(listeners, "MOST", 2)
            assert (await api.call("GET", "/api/events", "globaladmin")).status == 503


async def test_who_leaves_is_forgotten(api: Api) -> None:
    application = api.client.app
    assert application is not None
    cell = await application[keys.CELLS].get(0)
    async with listening(api):
        assert cell.tail.listened
    async with asyncio.timeout(20):
        while cell.tail.listened:
            await asyncio.sleep(0.01)


async def test_something_is_written_though_nothing_happens(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "HEARTBEAT", 0.0)
    async with listening(api) as listener:
        await listener.place_after(0)


async def test_a_server_that_ends_ends_the_streams(api: Api, aiohttp_client: AiohttpClient) -> None:
    server = await aiohttp_client(create_app(api.config))
    other = Api(server, api.db, api.config)
    async with listening(other) as listener:
        closing = asyncio.create_task(server.server.close())
        await listener.ends()
        await closing


async def test_the_head_alone_and_wrong_queries_end(api: Api) -> None:
    head = await api.call("HEAD", "/api/events")
    assert (head.status, head.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    wrong = await api.call("GET", "/api/events?lastEventId=!&customerId=x&page=1")
    assert wrong.status == 400
    assert {one["field"] for one in (await wrong.json())["errors"]} == {"lastEventId", "customerId", "page"}
