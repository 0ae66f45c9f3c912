"""POST /api/smtp-monitors/test takes long, and is answered."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from server.serving.app import create_app
from server.serving.protocol import ServerRunner
from server.serving.slow_clients import Limits
from tests.conftest import Api, RunnerServer
from tests.probe.probing import LOOPBACK

PATH = "/api/smtp-monitors/test"


class Impatient(RunnerServer):
    async def _make_runner(self, **options: Any) -> ServerRunner:
        return ServerRunner(self.app, limits=Limits(answer=0.2, period=0.02), **options)


class Tarpit:
    """An SMTP server that says nothing; *present* is how many clients it has."""

    def __init__(self) -> None:
        self.present = 0
        self._changed = asyncio.Condition()

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._count(1)
        await reader.read()
        writer.close()
        await self._count(-1)

    async def _count(self, more: int) -> None:
        async with self._changed:
            self.present += more
            self._changed.notify_all()

    async def has(self, count: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: self.present == count)


@pytest.fixture
async def tarpit() -> AsyncIterator[tuple[Tarpit, int]]:
    tarpit = Tarpit()
    listening = await asyncio.start_server(tarpit.play, "127.0.0.1", 0)
    yield tarpit, listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.fixture
async def served(api: Api) -> AsyncIterator[Api]:
    """A worker whose clients must take their answers fast."""
    config = replace(api.config, probe_allow=LOOPBACK)
    async with TestClient(Impatient(create_app(config))) as client:
        yield Api(client, api.db, config)


def probe(served: Api, port: int, who: str = "admin", seconds: int = 120) -> asyncio.Task[ClientResponse]:
    body = {"hostname": "127.0.0.1", "port": port, "timeoutSeconds": seconds}
    return asyncio.create_task(served.call("POST", PATH, who, json=body))


async def test_a_long_probe_is_answered(served: Api, tarpit: tuple[Tarpit, int]) -> None:
    response = await probe(served, tarpit[1], seconds=1)
    assert (response.status, (await response.json())["code"]) == (200, "timeout")
