"""A second cell beside the database that every test has: with an organization, a customer, users and a monitor."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

import sql
from server.access import cells
from server.access.sessions import open_session
from server.access.signer import Signer
from server.cli import migrations
from server.serving.app import create_app
from server.serving.config import Config
from tests.cells.filling import REST, fill
from tests.cells.pair import Pair, logical_cluster, pair_of
from tests.cells.writing import Writer
from tests.conftest import PASSWORD_HASH, AiohttpClient, Api

USERS = {"north-admin": ("admin", None), "north-readonly": ("readonly", None), "north-globaladmin": ("user", "admin")}

LEAVER = 2


@dataclass
class North:
    """Cell 1, and what lives there. *db* is a connection to it."""

    url: str
    db: asyncpg.Connection
    organization_id: int
    customer_id: int
    monitor: str


@pytest.fixture(scope="session")
def north_url(make_database: Callable[[str], str]) -> str:
    url = make_database("north")
    migrations.migrate(url)
    return url


@pytest.fixture
async def north(db: asyncpg.Connection, config: Config, north_url: str) -> AsyncIterator[North]:
    """The directory in *db* knows it."""
    there = await asyncpg.connect(north_url)
    await sql.cells.make_number(there, 1)
    organization_id = (await sql.organizations.insert(there, {"name": "North"}))["id"]
    customer_id = (await sql.customers.insert(there, organization_id, "First"))["id"]
    for name, (role, global_role) in USERS.items():
        email = f"{name}@example.com"
        await sql.users.insert(
            there,
            organization_id,
            email=email,
            password_hash=PASSWORD_HASH,
            name=name,
            role=role,
            global_role=global_role,
        )
        await sql.cells.insert_remote_login(db, email, organization_id)
    public_id = UUID("01111111-1111-8111-8111-111111111111")
    values = {"name": "North", "hostname": "north.example.com"}
    await sql.smtp_monitors.insert(there, organization_id, customer_id, public_id, values)
    await sql.cells.insert(db, 1, config.key_ring.encrypt(north_url, cells.bound_to(1)))
    yield North(north_url, there, organization_id, customer_id, str(public_id))
    await db.execute("DELETE FROM cells")
    await there.execute("DELETE FROM organizations; DELETE FROM departures; DELETE FROM departed_smtp_monitors")
    await there.execute("DELETE FROM smtp_monitor_changes; DELETE FROM login_attempts; DELETE FROM locations")
    await there.execute("DELETE FROM idempotency_keys; DELETE FROM events")
    await there.execute("SELECT purge_audit_events('infinity', 1000000)")
    await there.close()


@pytest.fixture
async def both(north: North, api: Api) -> Api:
    """The API of both cells; users named ``north-`` live in the second one."""
    for name in USERS:
        user = await sql.users.select_login(north.db, f"{name}@example.com")
        assert user is not None
        api.tokens[name], _ = await open_session(north.db, user, Signer(api.config.jwt_secret), hours=1)
    return api


@pytest.fixture
async def away(
    north: North, db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient, both: Api
) -> AsyncIterator[Api]:
    """Another server of both cells, while cell 1 never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:  # the system accepts, and nobody answers
        url = f"postgresql://nobody@127.0.0.1:{listening.getsockname()[1]}/north"
        await sql.cells.delete(db, 1)
        await sql.cells.insert(db, 1, config.key_ring.encrypt(url, cells.bound_to(1)))
        api = Api(await aiohttp_client(create_app(config)), db, config)
        api.tokens = both.tokens
        yield api


@pytest.fixture
async def departing(db: asyncpg.Connection, config: Config) -> AsyncIterator[asyncpg.Connection]:
    """Organization 2 has some of everything, and is about to leave, as this connection says."""
    await sql.partitions.maintain(db, retention_days=35)
    user = await db.fetchval("SELECT min(id) FROM users WHERE organization_id = $1", LEAVER)
    for statement in REST:
        await db.execute(statement, LEAVER, user)
    mover = await asyncpg.connect(config.database_url)
    assert await sql.departures.begin(mover, LEAVER) is None
    assert await sql.fences.install(mover, LEAVER) is None
    yield mover
    await mover.close()
    await db.execute("DELETE FROM departures")
    assert await sql.fences.remove(db, LEAVER) is None
    await db.execute("DELETE FROM move_marks; DELETE FROM departed_smtp_monitors; DELETE FROM smtp_checks")
    await db.execute("DELETE FROM smtp_check_hours; DELETE FROM smtp_check_days")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with logical_cluster(tmp_path_factory.mktemp("move")) as cluster, pair_of(cluster) as pair:
        yield pair


@pytest.fixture
async def writer(pair: Pair) -> Writer:
    for number in (0, 1):
        async with pair.connected(number) as db:
            await db.execute("TRUNCATE departures, departed_smtp_monitors")  # of moves before
            await db.execute("DELETE FROM users WHERE email = 'mover@example.com'")
    async with pair.connected(0) as db:
        return Writer(pair, *await fill(db, "Mover", 50))
