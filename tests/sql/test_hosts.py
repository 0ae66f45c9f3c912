"""Several hosts in one URL: whichever leads is found in time, whatever the others do."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from aiohttp import ClientResponse
from psycopg import conninfo

from server.cli import embedded
from server.serving.app import create_app
from server.serving.config import Config
from sql.connection import CONNECT_TIMEOUT, connect, create_pool
from sql.hosts import one_by_one
from tests.cells.line import closing
from tests.conftest import AiohttpClient, Api
from tests.product.process import Product

Call = Callable[[], Awaitable[ClientResponse]]


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a host that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def with_hosts(url: str, *addresses: tuple[str, int]) -> str:
    """The same database, with these hosts before its own."""
    parts = {key: str(value) for key, value in conninfo.conninfo_to_dict(url).items()}
    hosts = [*addresses, (parts["host"], int(parts.get("port", 5432)))]
    names, ports = (",".join(str(host[n]) for host in hosts) for n in (0, 1))
    account = f"{parts.get('user', '')}:{parts.get('password', '')}"
    return f"postgresql://{account}@/{parts['dbname']}?host={names}&port={ports}"


@pytest.mark.parametrize(
    ("url", "each"),
    [
        ("postgresql://u:p@a/db", ["postgresql://u:p@a/db"]),
        ("postgresql:///db", ["postgresql:///db"]),
        (
            "postgresql://u:p@a,b:6432/db?sslmode=require",
            [f"postgresql://u:p@{host}/db?sslmode=require" for host in ("a", "b:6432")],
        ),
        ("postgresql://[::1]:1,[::2]/db", ["postgresql://[::1]:1/db", "postgresql://[::2]/db"]),
        (
            "postgresql://u@/db?host=/a%20b,c&port=1,2",
            [f"postgresql://u@/db?host={host}&port={port}" for host, port in (("%2Fa+b", 1), ("c", 2))],
        ),
        (
            "postgresql://u@/db?host=a,b&port=7",
            [f"postgresql://u@/db?host={host}&port=7" for host in "ab"],
        ),
        ("postgresql://u@/db?host=a,b", [f"postgresql://u@/db?host={host}" for host in "ab"]),
    ],
)
def test_each_host_has_a_url(url: str, each: list[str]) -> None:
    assert one_by_one(url) == each


async def test_a_silent_host_leaves_the_others_their_time(migrated: str, silent: int) -> None:
    url = with_hosts(migrated, ("127.0.0.1", silent), ("127.0.0.1", silent))
    started = time.monotonic()
    connection = await connect(url)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()
    assert time.monotonic() - started < CONNECT_TIMEOUT
    started = time.monotonic()
    async with await create_pool(url) as pool:
        assert await pool.fetchval("SELECT 1") == 1
    assert time.monotonic() - started < CONNECT_TIMEOUT / 3, "the host that answered last is asked first"


async def test_the_server_answers_while_the_first_host_is_silent(
    db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient, silent: int
) -> None:
    own = replace(config, database_url=with_hosts(config.database_url, ("127.0.0.1", silent)))
    api = Api(await aiohttp_client(create_app(own)), db, own)
    started = time.monotonic()
    assert (await api.patch({"port": 26})).status == 200
    assert (await api.get()).status == 200
    assert time.monotonic() - started < 2 * CONNECT_TIMEOUT


@pytest.mark.slow
def test_commands_find_the_host_that_answers(
    product: Product, make_database: Callable[[str], str], silent: int
) -> None:
    url = with_hosts(make_database("silent"), ("127.0.0.1", silent))
    assert product.run("migrate", DATABASE_URL=url).returncode == 0
    listed = product.run("user", "list", DATABASE_URL=url)
    assert (listed.returncode, listed.stderr) == (0, "")


@pytest.fixture
def standby(tmp_path: Path) -> Iterator[str]:
    """The folder of the socket of a server that can be read only: it waits for a primary."""
    with embedded.database(tmp_path, exclusive=True):
        pass
    (tmp_path / "postgres" / "standby.signal").touch()
    with embedded.database(tmp_path, exclusive=True):
        yield str(tmp_path / "postgres")


async def test_of_several_hosts_the_one_that_can_be_written_to_is_taken(postgres: str, standby: str) -> None:
    connection = await connect(with_hosts(postgres, (standby, 5432)))
    assert await connection.fetchval("SELECT pg_is_in_recovery()") is False
    await connection.close()
    with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
        await connect(with_hosts(f"postgresql://postgres@/postgres?host={standby}", (standby, 5432)))


class Wire:
    """Passes everything on to a database, until it is cut without a word."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.cut = False
        self.passing: set[asyncio.Task[None]] = set()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.passing.add(task)
        async with closing(writer):
            if self.host.startswith("/"):
                there, back = await asyncio.open_unix_connection(f"{self.host}/.s.PGSQL.{self.port}")
            else:
                there, back = await asyncio.open_connection(self.host, self.port)
            async with closing(back):
                await asyncio.gather(self._pass(reader, back), self._pass(there, writer), return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if not self.cut:
                writer.write(data)
        writer.close()


@pytest.fixture
async def wire(migrated: str) -> AsyncIterator[tuple[Wire, int]]:
    parts = conninfo.conninfo_to_dict(migrated)
    wire = Wire(str(parts["host"]), int(parts.get("port") or 5432))
    server = await asyncio.start_server(wire, "127.0.0.1", 0)
    yield wire, server.sockets[0].getsockname()[1]
    server.close()
    for task in wire.passing:
        task.cancel()
    await asyncio.gather(*wire.passing, return_exceptions=True)


@pytest.mark.slow
async def test_a_host_that_falls_silent_is_left_for_another(
    db: asyncpg.Connection, config: Config, aiohttp_client: AiohttpClient, wire: tuple[Wire, int]
) -> None:
    first, port = wire
    own = replace(config, database_url=with_hosts(config.database_url, ("127.0.0.1", port)))
    api = Api(await aiohttp_client(create_app(own)), db, own)
    assert {(await api.patch({"port": 26})).status, (await api.get()).status} == {200}
    assert first.passing, "the first host leads"
    first.cut = True
    calls: list[Call] = [lambda: api.patch({"port": 27}), api.get, lambda: api.call("GET", "/api/customers")]
    async with asyncio.timeout(10):
        await asyncio.gather(*map(becomes_200, calls))


async def becomes_200(call: Call) -> None:
    while (await call()).status != 200:
        await asyncio.sleep(0.05)
