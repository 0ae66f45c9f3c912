"""What most tests start from: the demo data, loaded for each test, and the application that serves it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import argon2
import asyncpg
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, settings

import sql
import sql.demo
from server.access import passwords
from server.access.key_ring import KeyRing, generate_key
from server.access.sessions import open_session
from server.access.signer import Signer
from server.serving.app import create_app
from server.serving.config import Config
from server.serving.protocol import ServerRunner
from tests.product.process import Product

if TYPE_CHECKING:
    from tests.database import Lasting

pytest_plugins = ["tests.database", "tests.second_cell"]

# how long an example takes to make or to run says something of the machine alone
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

PASSWORD = "correct horse battery staple"
# cheap to verify, since a hash says its cost itself; the server hashes at its own
PASSWORD_HASH = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
# beside the demo's users: those restricted to customer 10 of organization 1
RESTRICTED = {"restricted@example.com": "user", "restricted-readonly@example.com": "readonly"}
MONITOR = str(sql.demo.MONITOR)  # organization 1, customer 10
OTHER_CUSTOMERS = "44444444-4444-4444-8444-444444444444"  # organization 1, customer 11
STRANGERS = "55555555-5555-4555-8555-555555555555"  # organization 2, customer 20
ABSENT = "66666666-6666-4666-8666-666666666666"


@pytest.fixture
def key_ring() -> KeyRing:
    return KeyRing.parse(generate_key())


@pytest.fixture
def config(migrated: str, key_ring: KeyRing) -> Config:
    return Config(database_url=migrated, jwt_secret="x" * 64, key_ring=key_ring)


@pytest.fixture
def demo_data(config: Config, lasting: "Lasting") -> Iterator[None]:
    """The demo data with two more monitors and users, deleted after the test."""
    encrypted = config.key_ring.encrypt("password", sql.demo.MONITOR.bytes)
    lasting(partial(_load, encrypted))
    yield
    lasting(_delete)


async def _load(encrypted: bytes, connection: asyncpg.Connection) -> None:
    hashes = dict.fromkeys(sql.demo.USERS, PASSWORD_HASH)
    await sql.demo.insert(connection, hashes, encrypted)
    for email, role in RESTRICTED.items():
        await sql.users.insert(
            connection, 1, email=email, password_hash=PASSWORD_HASH, name=email, role=role, customer_ids=[10]
        )
    values = {"name": "Other", "hostname": "other.example.com"}
    await sql.smtp_monitors.insert(connection, 1, 11, UUID(OTHER_CUSTOMERS), values)
    await sql.smtp_monitors.insert(connection, 2, 20, UUID(STRANGERS), values)


async def _delete(connection: asyncpg.Connection) -> None:
    await connection.execute("DELETE FROM organizations; DELETE FROM login_attempts; DELETE FROM smtp_monitor_changes")
    await connection.execute("DELETE FROM events")
    await connection.execute("DELETE FROM unindexed_smtp_monitors; DELETE FROM indexed_smtp_monitors")
    await connection.execute("DELETE FROM idempotency_keys")
    await connection.execute("DELETE FROM indexed_smtp_monitor_counts")
    await connection.execute("DELETE FROM agents; DELETE FROM locations; DELETE FROM cells")
    await connection.execute("DELETE FROM organization_homes; DELETE FROM remote_logins; DELETE FROM status_page_slugs")
    await connection.execute("DELETE FROM departures; DELETE FROM departed_smtp_monitors")
    await connection.execute("SELECT purge_audit_events('infinity', 1000000)")


@pytest.fixture
async def db(config: Config, demo_data: None) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own, to the demo data."""
    connection = await asyncpg.connect(config.database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def full_cost(db: asyncpg.Connection) -> None:
    """The demo's passwords as the server would have hashed them."""
    await db.execute("UPDATE logins SET password_hash = $1", _full_cost_hash())


@cache
def _full_cost_hash() -> str:
    return passwords.hash_password(PASSWORD)


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
async def api(db: asyncpg.Connection, config: Config, serves: Config, aiohttp_client: AiohttpClient) -> Api:
    return Api(await aiohttp_client(create_app(serves)), db, config)


async def waits_for_a_lock(api: Api) -> None:
    """Return when somebody does, in the database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    watcher = await asyncpg.connect(api.config.database_url)
    try:
        async with asyncio.timeout(20):
            while not await watcher.fetchval(query):
                await asyncio.sleep(0.01)
    finally:
        await watcher.close()


async def becomes(expected: object, ask: Callable[[], Awaitable[object]]) -> None:
    """Ask until it is so, for the contract's second: a hundred times, so that a slow machine has longer."""
    for _ in range(100):
        if (answer := await ask()) == expected:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"it is still {answer!r}")
