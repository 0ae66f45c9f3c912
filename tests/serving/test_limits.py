"""Rates and slow clients: bounded, and told what the bound is."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from aiohttp import web

from server.serving.app import create_app
from server.serving.config import Config, Quota
from server.serving.protocol import ServerRunner
from server.serving.rate_limit import PROBED, Table
from server.serving.slow_clients import Limits
from tests.conftest import MONITOR, AiohttpClient, Api

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
QUOTA = Quota(5, 3600)
LIMITS = Limits(header=0.3, body=0.3, answer=2, period=0.05)


async def test_a_user_has_its_share_and_is_told_what_is_left(api: Api, aiohttp_client: AiohttpClient) -> None:
    limited = replace(api.config, rate_limit=QUOTA)
    rates = Table()
    # two workers of one server
    workers = [Api(await aiohttp_client(create_app(limited, rates=rates)), api.db, limited) for _ in range(2)]
    for worker in workers:
        worker.tokens = {who: await api.token(who) for who in ("admin", "user")}
    left = []
    for number in range(5):
        response = await workers[number % 2].patch({"port": 25 + number})
        assert (response.status, response.headers["RateLimit-Policy"]) == (200, '"default";q=5;w=3600')
        left.append(response.headers["RateLimit"].partition(";t=")[0])
    assert left == [f'"default";r={number}' for number in (4, 3, 2, 1, 0)]
    for worker in workers:
        refused = await worker.patch({"port": 99})
        assert (refused.status, (await refused.json())["code"]) == (429, "rate_limited")
        assert 600 < int(refused.headers["Retry-After"]) <= 720  # a share of the hour, less what has passed
        assert refused.headers["RateLimit"].startswith('"default";r=0;t=')
    assert (await (await api.get()).json())["port"] == 29
    for call in (workers[0].get("user"), workers[0].call("GET", "/readyz", None)):
        assert (await call).status == 200


async def test_a_user_has_one_share_however_often_it_logs_in(api: Api, aiohttp_client: AiohttpClient) -> None:
    made = await (await api.call("POST", "/api/tokens", json={"name": "Robot"})).json()
    limited = replace(api.config, rate_limit=QUOTA)
    client = Api(await aiohttp_client(create_app(limited)), api.db, limited)
    client.tokens["robot"] = made["token"]
    statuses = []
    for _ in range(3):
        client.tokens.pop("admin", None)  # log in anew
        statuses += [(await client.get(who)).status for who in ("admin", "robot")]
    assert statuses == [200] * 5 + [429]
    assert (await client.get("user")).status == 200


async def test_without_a_setting_nobody_counts(api: Api) -> None:
    response = await api.get()
    assert not {"RateLimit", "RateLimit-Policy"} & set(response.headers)
    assert api.client.app is not None
    assert len(api.client.app.middlewares) == 2


def test_a_share_comes_back_evenly() -> None:
    table, quota = Table(), Quota(10, 60)
    assert [table.take(1, quota, 1000.0)[0] for _ in range(11)] == [True] * 10 + [False]
    assert [table.take(1, quota, 1006.1)[0] for _ in range(2)] == [True, False]
    assert [table.take(1, quota, 1100.0)[0] for _ in range(11)] == [True] * 10 + [False]


def test_users_do_not_share_their_shares_even_if_slots_are_few() -> None:
    table, quota = Table(PROBED), Quota(1, 60)
    owners = range(1, PROBED + 1)
    assert all(table.take(owner, quota, 1.0)[0] for owner in owners)
    assert not any(table.take(owner, quota, 2.0)[0] for owner in owners)
    assert table.take(PROBED + 1, quota, 3.0)[0], "where there is no slot, the one that ends first is given away"
    assert table.take(99, quota, 100.0)[0]


@pytest.fixture
async def connect(migrated: str, config: Config) -> AsyncIterator[Connect]:
    runner = ServerRunner(create_app(config), access_log=None, limits=LIMITS)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [address] = runner.addresses
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(*address[:2])
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
    await runner.cleanup()


async def trickle(writer: asyncio.StreamWriter, data: bytes) -> None:
    """One byte at a time, so that the connection is never idle, for as long as it lasts."""
    for number in itertools.count():
        writer.write(data[number % len(data) :][:1])
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("data", [b"", b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 2000])
async def test_a_connection_without_a_request_is_ended(connect: Connect, data: bytes) -> None:
    started = time.monotonic()
    reader, writer = await connect()
    slow = asyncio.create_task(trickle(writer, data)) if data else None
    with contextlib.suppress(ConnectionResetError):  # what is sent after the end is answered by a reset
        assert await asyncio.wait_for(reader.read(), 20) == b""
    assert time.monotonic() - started >= LIMITS.header
    if slow is not None:
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)


async def test_a_body_that_does_not_end_is_408(connect: Connect) -> None:
    reader, writer = await connect()
    head = "POST /api/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
    writer.write(head.encode())
    slow = asyncio.create_task(trickle(writer, b" "))
    answer = await asyncio.wait_for(reader.read(), 20)
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    assert answer.split()[1] == b"408"
    assert b'"code":"request_timeout"' in answer
    assert b"connection: close" in answer.lower()


async def test_quick_requests_over_a_long_connection_are_left_alone(connect: Connect) -> None:
    reader, writer = await connect()
    for _ in range(8):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = await asyncio.wait_for(reader.readuntil(b"}"), 20)
        assert answer.startswith(b"HTTP/1.1 200")
        await asyncio.sleep(0.1)


async def test_a_client_that_takes_no_answer_is_dropped(connect: Connect) -> None:
    _, writer = await connect()
    request = f"GET /api/smtp-monitors/{MONITOR} HTTP/1.1\r\nHost: a\r\n\r\n".encode()

    async def ask_without_reading() -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        while True:
            writer.write(request * 100)
            await writer.drain()

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(ask_without_reading(), 20)
    writer.transport.abort()
