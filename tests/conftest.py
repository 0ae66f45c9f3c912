"""A real PostgreSQL for the session, one database for the process, the demo data for each test."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

import sql
import sql.demo
from server.access import passwords
from server.access.key_ring import KeyRing, generate_key
from server.access.sessions import open_session
from server.access.signer import Signer
from server.cli import embedded, migrations
from server.serving.app import create_app
from server.serving.config import Config
from server.serving.protocol import ServerRunner
from tests.product.process import Product

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = passwords.hash_password(PASSWORD)
# beside the demo's users: those restricted to customer 10 of organization 1
RESTRICTED = {"restricted@example.com": "user", "restricted-readonly@example.com": "readonly"}
MONITOR = str(sql.demo.MONITOR)  # organization 1, customer 10
OTHER_CUSTOMERS = "44444444-4444-4444-8444-444444444444"  # organization 1, customer 11
STRANGERS = "55555555-5555-4555-8555-555555555555"  # organization 2, customer 20
ABSENT = "66666666-6666-4666-8666-666666666666"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL to make databases in: TEST_DATABASE_URL, or the embedded one."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
    else:
        with embedded.database(tmp_path_factory.mktemp("postgres"), exclusive=True) as url:
            yield url


@pytest.fixture(scope="session")
def make_database(postgres: str) -> Iterator[Callable[[str], str]]:
    """Make an empty database, dropped at the end of the session; gives its URL."""
    import psycopg
    from psycopg import conninfo

    made: list[str] = []

    def make(suffix: str) -> str:
        name = f"test_{os.getpid()}_{suffix}"
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        made.append(name)
        parts = conninfo.conninfo_to_dict(postgres)
        user, password = parts.get("user", ""), parts.get("password") or ""
        query = f"host={parts.get('host', '')}&port={parts.get('port', 5432)}"
        return f"postgresql://{user}:{password}@/{name}?{query}"

    yield make
    with psycopg.connect(postgres, autocommit=True) as connection:
        for name in made:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def migrated(make_database: Callable[[str], str]) -> str:
    url = make_database("main")
    migrations.migrate(url)
    return url


@pytest.fixture
def key_ring() -> KeyRing:
    return KeyRing.parse(generate_key())


@pytest.fixture
def config(migrated: str, key_ring: KeyRing) -> Config:
    return Config(database_url=migrated, jwt_secret="x" * 64, key_ring=key_ring)


@pytest.fixture
async def db(config: Config) -> AsyncIterator[asyncpg.Connection]:
    """The demo data with two more monitors and users, deleted after the test."""
    connection = await asyncpg.connect(config.database_url)
    hashes = dict.fromkeys(sql.demo.USERS, PASSWORD_HASH)
    encrypted = config.key_ring.encrypt("password", sql.demo.MONITOR.bytes)
    await sql.demo.insert(connection, hashes, encrypted)
    for email, role in RESTRICTED.items():
        await sql.users.insert(
            connection, 1, email=email, password_hash=PASSWORD_HASH, name=email, role=role, customer_ids=[10]
        )
    values = {"name": "Other", "hostname": "other.example.com"}
    await sql.smtp_monitors.insert(connection, 1, 11, UUID(OTHER_CUSTOMERS), values)
    await sql.smtp_monitors.insert(connection, 2, 20, UUID(STRANGERS), values)
    yield connection
    await connection.execute("DELETE FROM organizations; DELETE FROM login_attempts; DELETE FROM smtp_monitor_changes")
    await connection.close()


class Api:
    """Calls the running application as one of its users, named by the local part of the address."""

    def __init__(
        self, client: TestClient[web.Request, web.Application], db: asyncpg.Connection, config: Config
    ) -> None:
        self.client, self.db, self.config = client, db, config
        self.tokens: dict[str, str] = {}
        self.opening = asyncio.Lock()

    async def token(self, who: str) -> str:
        async with self.opening:
            if who not in self.tokens:
                domain = "example.org" if who == "stranger" else "example.com"
                user = await sql.users.select_login(self.db, f"{who}@{domain}")
                assert user is not None, who
                self.tokens[who], _ = await open_session(self.db, user, Signer(self.config.jwt_secret), hours=1)
            return self.tokens[who]

    async def call(self, method: str, path: str, who: str | None = "admin", **options: Any) -> ClientResponse:
        """One request; *who* None goes without a token. ``json=`` or ``data=`` is the body."""
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers.setdefault("Authorization", f"Bearer {await self.token(who)}")
        return await self.client.request(method, path, headers=headers, **options)

    async def patch(
        self, body: object, who: str | None = "admin", *, monitor: str = MONITOR, **options: Any
    ) -> ClientResponse:
        return await self.call("PATCH", f"/api/smtp-monitors/{monitor}", who, json=body, **options)

    async def get(self, who: str | None = "admin", *, monitor: str = MONITOR, **options: Any) -> ClientResponse:
        return await self.call("GET", f"/api/smtp-monitors/{monitor}", who, **options)


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    product = Product(tmp_path / "data")
    yield product
    if product.process is not None and product.process.poll() is None:
        product.stop()


AiohttpClient = Callable[..., Awaitable[TestClient[web.Request, web.Application]]]


class RunnerServer(TestServer):
    """Serves with the product's own runner, so that its protocol and dispatch are what tests meet."""

    async def _make_runner(self, **options: Any) -> ServerRunner:
        return ServerRunner(self.app, **options)


@pytest.fixture
def aiohttp_client(aiohttp_client: Callable[..., Awaitable[Any]]) -> AiohttpClient:
    async def serve(app: web.Application) -> TestClient[web.Request, web.Application]:
        client: TestClient[web.Request, web.Application] = await aiohttp_client(RunnerServer(app))
        return client

    return serve


@pytest.fixture
async def api(db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient) -> Api:
    return Api(await aiohttp_client(create_app(config)), db, config)


async def waits_for_a_lock(api: Api) -> None:
    """Return when somebody does, in the database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    watcher = await asyncpg.connect(api.config.database_url)
    try:
        async with asyncio.timeout(5):
            while not await watcher.fetchval(query):
                await asyncio.sleep(0.01)
    finally:
        await watcher.close()


async def becomes(expected: object, ask: Callable[[], Awaitable[object]]) -> None:
    """Ask until it is so; the contract's second is the limit."""
    deadline = time.monotonic() + 1
    while (answer := await ask()) != expected:
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.01)
