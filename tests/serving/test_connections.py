"""Idle connections end, and make room for others before there are too many."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from server.serving.app import create_app
from server.serving.config import Config
from server.serving.open_files import RESERVED_FILES, affordable_connections
from server.serving.protocol import ServerRunner

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ASK = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"POST /api/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture
async def connect(config: Config) -> AsyncIterator[Callable[[], Awaitable[Stream]]]:
    """Connections to a server that keeps at most four, and idle ones for a fifth of a second after a request."""
    runner = ServerRunner(create_app(config), access_log=None, most_connections=4, keepalive_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Stream:
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
    await runner.cleanup()


async def ended(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(ConnectionResetError):
        return await asyncio.wait_for(reader.read(1), 20) == b""
    return True


async def ask(stream: Stream) -> bytes:
    reader, writer = stream
    writer.write(ASK)
    return await asyncio.wait_for(reader.readuntil(b"}"), 20)


async def test_an_idle_connection_ends_by_itself(connect: Callable[[], Awaitable[Stream]]) -> None:
    stream = await connect()
    assert (await ask(stream)).startswith(b"HTTP/1.1 200")
    assert await ended(stream[0])


async def test_one_connection_too_many_ends_the_oldest_idle_one(connect: Callable[[], Awaitable[Stream]]) -> None:
    busy = await connect()
    busy[1].write(HEAD)  # a request whose body is still to come
    first, second, third = [await connect() for _ in range(3)]
    for stream in (first, second, third):
        stream[1].write(ASK[:5])  # the server knows of each, and none has sent a request
    last = await connect()
    assert (await ask(last)).startswith(b"HTTP/1.1 200")
    assert await ended(first[0])
    busy[1].write(b"{}")
    assert (await asyncio.wait_for(busy[0].readline(), 20)).startswith(b"HTTP/1.1 400")
    second[1].write(ASK[5:])
    assert (await asyncio.wait_for(second[0].readline(), 20)).startswith(b"HTTP/1.1 200")


async def test_bodies_that_do_not_come_shut_nobody_out(connect: Callable[[], Awaitable[Stream]]) -> None:
    holding = [await connect() for _ in range(4)]
    for reader, writer in holding:
        writer.write(HEAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    for _ in range(3):
        assert (await ask(await connect())).startswith(b"HTTP/1.1 200")
    assert await ended(holding[0][0])
    reader, writer = holding[1]
    writer.write(b"{}")
    assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 400")


def test_the_limit_of_open_files_leaves_room_for_others() -> None:
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if allowed == resource.RLIM_INFINITY:
        pytest.skip("there is no limit of open files here")
    assert affordable_connections() == max(allowed - RESERVED_FILES, allowed // 2)


async def test_a_burst_of_connections_waits_to_be_accepted(config: Config) -> None:
    runner = ServerRunner(create_app(config), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with contextlib.ExitStack() as stack:
        for _ in range(500):  # nothing is accepted meanwhile: this does not give way to the event loop
            stack.enter_context(socket.create_connection(runner.addresses[0][:2], timeout=2))
    await runner.cleanup()
