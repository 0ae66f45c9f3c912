"""POST /api/smtp-monitors/test takes long: it is answered, it ends with its client, and organizations share fairly."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from server.access.fair_slots import FairSlots
from server.handlers.keys import PROBING
from server.http.traces import traces
from server.serving.app import create_app
from server.serving.protocol import ServerRunner
from server.serving.slow_clients import Limits
from tests.conftest import Api, RunnerServer
from tests.probe.probing import LOOPBACK

PATH = "/api/smtp-monitors/test"
SLOTS = 4
ALONE = 2  # slots that one organization gets of so many


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


@contextlib.asynccontextmanager
async def serving(api: Api, *, seconds: float) -> AsyncIterator[Api]:
    """A worker with few slots, for which one waits so long; its clients must take their answers fast."""
    config = replace(api.config, probe_allow=LOOPBACK)
    app = create_app(config)
    app[PROBING] = FairSlots(SLOTS, seconds=seconds)
    async with TestClient(Impatient(app)) as client:
        yield Api(client, api.db, config)


@pytest.fixture
async def served(api: Api) -> AsyncIterator[Api]:
    async with serving(api, seconds=0.2) as served:
        yield served


def probe(served: Api, port: int, who: str = "admin", seconds: int = 120) -> asyncio.Task[ClientResponse]:
    body = {"hostname": "127.0.0.1", "port": port, "timeoutSeconds": seconds}
    return asyncio.create_task(served.call("POST", PATH, who, json=body))


async def leave(*probes: asyncio.Task[ClientResponse]) -> None:
    for one in probes:
        one.cancel()
    await asyncio.gather(*probes, return_exceptions=True)


async def test_a_long_probe_is_answered(served: Api, tarpit: tuple[Tarpit, int]) -> None:
    response = await probe(served, tarpit[1], seconds=1)
    assert (response.status, (await response.json())["code"]) == (200, "timeout")


async def test_a_probe_ends_with_its_client(
    served: Api, tarpit: tuple[Tarpit, int], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    pit, port = tarpit
    caplog.set_level("INFO", "access")
    for _ in range(3):
        probes = [probe(served, port) for _ in range(ALONE)]
        await pit.has(ALONE)
        refused = await probe(served, port)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        await leave(*probes)
        await pit.has(0)
    response = await probe(served, port, seconds=1)
    assert response.status == 200
    traces.flush()
    statuses = [json.loads(line)["status"] for line in capsys.readouterr().err.splitlines()]
    assert sorted(statuses) == [200, *[499] * 3 * ALONE, *[503] * 3]


async def test_who_waits_is_next_and_leaves_the_queue_with_its_client(api: Api, tarpit: tuple[Tarpit, int]) -> None:
    pit, port = tarpit
    async with serving(api, seconds=60) as served:
        holding = [probe(served, port) for _ in range(ALONE)]
        await pit.has(ALONE)
        gone, patient = probe(served, port), probe(served, port, seconds=1)
        await leave(gone, holding.pop())
        assert (await patient).status == 200
        await leave(*holding)
        await pit.has(0)


async def test_one_organization_leaves_room_for_others(served: Api, tarpit: tuple[Tarpit, int]) -> None:
    pit, port = tarpit
    greedy = [probe(served, port) for _ in range(ALONE)]
    await pit.has(ALONE)
    assert (await probe(served, port)).status == 503
    response = await probe(served, port, "stranger", seconds=1)
    assert response.status == 200
    await leave(*greedy)
