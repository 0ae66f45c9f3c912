"""All monitors of a list in one file: whole, or known to be broken off, and with nothing that is not to be in it."""

import asyncio
import csv
import json
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web

from server.http.requests import AFTER_LATE_BODY
from server.resources import smtp_monitor_exports
from server.serving.app import create_app
from server.serving.config import Config
from server.serving.middlewares import identify_again
from tests.conftest import MONITOR, OTHER_CUSTOMERS, AiohttpClient, Api
from tests.console.visiting import visit

PATH = "/api/smtp-monitors/export"
MANY = """
    INSERT INTO smtp_monitors (organization_id, customer_id, name, hostname, notification_phone_number)
    SELECT 1, 11, 'Monitor ' || n, 'mail' || n || '.example.com', '+4930123456'
      FROM generate_series(1, $1::integer) AS n
"""


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.handlers.smtp_monitor_exports.ROWS", 4)


async def lines(api: Api, query: str = "", who: str = "admin") -> list[dict[str, Any]]:
    response = await api.call("GET", f"{PATH}{query}", who)
    assert response.status == 200, await response.text()
    return [json.loads(line) for line in (await response.text()).splitlines()]


async def test_lines_are_the_items_of_the_list(api: Api, small_parts: None) -> None:
    await api.db.execute(MANY, 21)
    listed = (await (await api.call("GET", "/api/smtp-monitors?perPage=200", "readonly")).json())["items"]
    assert len(listed) == 23
    assert await lines(api) == listed, "an admin's passwords are not in it, either"
    assert [item["publicId"] for item in await lines(api, "?customerId=10")] == [MONITOR]
    assert [item["publicId"] for item in await lines(api, "?search=other.example")] == [OTHER_CUSTOMERS]
    assert {item["name"] for item in await lines(api, "?search=mail2")} == {"Monitor 2", "Monitor 20", "Monitor 21"}
    assert [item["publicId"] for item in await lines(api, who="restricted")] == [MONITOR]
    assert await lines(api, "?search=nothing") == []


async def test_a_table_has_no_formulas(api: Api, small_parts: None) -> None:
    for name in ("=1+1", "-1", '@a "b", c', "Ünder"):
        body = {"customerId": 10, "name": name, "hostname": "a.example.com", "notificationPhoneNumber": "+4930123456"}
        assert (await api.call("POST", "/api/smtp-monitors", json=body)).status == 201
    response = await api.call("GET", f"{PATH}?format=csv&customerId=10")
    assert response.headers["Content-Disposition"] == 'attachment; filename="smtp-monitors.csv"'
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    head, first, *rows = csv.reader((await response.text()).splitlines())
    assert head == list(smtp_monitor_exports.COLUMNS)
    assert first[0] == MONITOR
    assert [row[1] for row in rows] == ["'=1+1", "'-1", '\'@a "b", c', "Ünder"]
    assert {row[head.index("notificationPhoneNumber")] for row in rows} == {"'+4930123456"}


async def test_one_that_breaks_off_is_not_taken_for_a_whole_one(
    db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient, small_parts: None
) -> None:
    """Its session ends meanwhile; it could be the database, too."""

    async def end_session(request: web.Request) -> None:
        await db.execute("DELETE FROM sessions")
        for _ in range(1000):
            await identify_again(request)
            await asyncio.sleep(0.01)

    await db.execute(MANY, 21)
    app = create_app(config)
    app[AFTER_LATE_BODY] = end_session
    api = Api(await aiohttp_client(app), db, config)
    response = await api.call("GET", PATH)
    assert response.status == 200
    with pytest.raises(aiohttp.ClientPayloadError):
        await response.read()


async def test_a_client_before_chunks_gets_the_same(api: Api, small_parts: None) -> None:
    await api.db.execute(MANY, 9)
    url = api.client.make_url(PATH)
    headers = {"Authorization": f"Bearer {await api.token('admin')}"}
    session = aiohttp.ClientSession(version=aiohttp.HttpVersion10)
    async with session, session.get(url, headers=headers) as answer:
        assert "Transfer-Encoding" not in answer.headers
        assert len((await answer.text()).splitlines()) == 11
    head = await api.call("HEAD", PATH)
    assert (head.status, await head.read()) == (200, b"")


async def test_the_console_has_the_list_as_a_table(api: Api) -> None:
    answer = await visit(api, "/monitors.csv?customerId=10&page=2&sort=name")
    rows = list(csv.reader((await answer.text()).splitlines()))
    assert [row[0] for row in rows] == ["publicId", MONITOR]
    assert (await visit(api, "/monitors.csv", None)).status == 303
    assert (await visit(api, "/monitors.csv?state=x")).content_type == "text/html"
