"""The database goes, and comes back: 503 meanwhile, and nothing to restart."""

import asyncio
import contextlib
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiohttp import ClientResponse, ClientSession

import sql.demo
from server.access.key_ring import generate_key
from server.cli import embedded, migrations
from server.cli.cluster import Cluster
from server.serving.app import create_app
from server.serving.config import Config
from tests.conftest import PASSWORD_HASH, AiohttpClient, Api
from tests.ports import free_port
from tests.product.process import Product, kill

Call = Callable[[], Awaitable[ClientResponse]]


class Database:
    """An embedded PostgreSQL of the test's own, to be hurt."""

    def __init__(self, cluster: Cluster) -> None:
        self.directory = cluster.directory
        self.start = cluster.start

    @property
    def pid(self) -> int:
        return int((self.directory / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        kill(self.pid)

    @contextlib.contextmanager
    def silenced(self) -> Iterator[None]:
        """Its processes are stopped: the system accepts connections for it, and nobody answers."""
        postmaster = psutil.Process(self.pid)
        postmaster.suspend()  # so that it starts no other
        processes = [postmaster, *postmaster.children(recursive=True)]
        try:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
            yield
        finally:
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()


@pytest.fixture
async def hurt(tmp_path: Path, config: Config, aiohttp_client: AiohttpClient) -> AsyncIterator[tuple[Api, Database]]:
    with embedded.cluster(tmp_path, exclusive=True) as cluster:
        migrations.migrate(cluster.url)
        connection = await asyncpg.connect(cluster.url)
        hashes = dict.fromkeys(sql.demo.USERS, PASSWORD_HASH)
        await sql.demo.insert(connection, hashes, config.key_ring.encrypt("password", sql.demo.MONITOR.bytes))
        own = replace(config, database_url=cluster.url)
        api = Api(await aiohttp_client(create_app(own)), connection, own)
        await api.token("admin")
        await _becomes_200(lambda: api.patch({"port": 25}))
        yield api, Database(cluster)
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


@pytest.mark.slow
async def test_a_silent_database_is_503_within_the_time_limit(hurt: tuple[Api, Database]) -> None:
    api, database = hurt
    with database.silenced():
        started = time.monotonic()
        lists = [api.call("GET", f"/api/customers?page={page}") for page in range(1, 41)]
        responses = await asyncio.gather(*(api.patch({"port": 26}) for _ in range(20)), api.get(), *lists)
        assert {response.status for response in responses} == {503}
        assert time.monotonic() - started < 10
    await _becomes_200(lambda: api.patch({"port": 27}))


@pytest.mark.slow
async def test_an_agent_ends_with_its_server_while_the_database_is_silent(
    hurt: tuple[Api, Database], product: Product
) -> None:
    api, database = hurt
    await sql.locations.insert(api.db, "de-nbg", name="Nürnberg", country="DE")
    environ = {**product.environ, "DATABASE_URL": api.config.database_url, "SECRETS_KEY": generate_key()}
    command = [*product.command, "agent", "--while-stdin-open"]
    with (
        product.log.open("w") as log,
        subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stderr=log) as agent,
    ):
        await becomes(lambda: "agent works at" in product.log.read_text())
        with database.silenced():
            await becomes(lambda: "unavailable" in product.log.read_text())
            process = psutil.Process(agent.pid)
            used, started = sum(process.cpu_times()[:2]), time.monotonic()
            assert agent.stdin
            agent.stdin.close()
            _, _, rusage = await asyncio.to_thread(os.wait4, agent.pid, 0)
        assert rusage.ru_utime + rusage.ru_stime - used < 1
        assert time.monotonic() - started < 15


async def test_server_and_agent_tell_of_it_once_and_that_it_is_back(
    hurt: tuple[Api, Database], caplog: pytest.LogCaptureFixture, product: Product
) -> None:
    api, database = hurt
    await sql.locations.insert(api.db, "de-nbg", name="Nürnberg", country="DE")
    port = free_port()
    own = {"DATABASE_URL": api.config.database_url, "SECRETS_KEY": generate_key(), "AGENT_PORT": str(port)}
    environ = {**product.environ, **own}
    with (
        product.log.open("w") as log,
        subprocess.Popen([*product.command, "agent"], env=environ, stderr=log) as agent,
    ):
        try:
            await becomes(lambda: "agent works at" in product.log.read_text())
            database.kill()
            async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as readiness:
                assert (readiness.status, (await readiness.json())["code"]) == (503, "database_unavailable")
            await becomes(lambda: "unavailable" in product.log.read_text() and "unavailable" in caplog.text)
            for _ in range(10):
                assert (await api.patch({"port": 26})).status == 503
            await asyncio.to_thread(database.start)
            await becomes(lambda: "again" in product.log.read_text() and "again" in caplog.text)
        finally:
            agent.terminate()
    warned = [json.loads(line)["message"] for line in product.log.read_text().splitlines() if "WARNING" in line]
    for messages in (warned, caplog.messages):
        told = [message.partition(":")[0].partition(" after ")[0] for message in messages if "database" in message]
        assert told == ["database unavailable", "database available again"]


async def test_all_processes_of_a_server_tell_as_one(hurt: tuple[Api, Database], product: Product) -> None:
    api, database = hurt
    await sql.locations.insert(api.db, "de-nbg", name="Nürnberg", country="DE")
    own = {"DATABASE_URL": api.config.database_url, "JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
    await asyncio.to_thread(partial(product.start, AGENT="on", **own))
    await becomes(lambda: "agent works at" in product.log.read_text())
    database.kill()
    await becomes(lambda: "unavailable" in product.log.read_text())
    await asyncio.to_thread(database.start)
    await becomes(lambda: "again" in product.log.read_text())
    await becomes(product.ready)
    assert await asyncio.to_thread(product.stop) == 0
    warned = [json.loads(line)["message"] for line in product.log.read_text().splitlines() if "WARNING" in line]
    told = [message.partition(":")[0].partition(" after ")[0] for message in warned]
    assert told == ["database unavailable", "database available again"]


async def becomes(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not so():
            await asyncio.sleep(0.05)


async def _becomes_200(call: Call) -> None:
    async with asyncio.timeout(20):
        while (await call()).status != 200:
            await asyncio.sleep(0.05)
