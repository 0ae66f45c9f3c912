"""``--second-cell``: the same tests, while what they are about lives in cell 1 and cell 0 has the directory alone."""

from collections.abc import Callable
from dataclasses import replace

import asyncpg
import pytest

import sql
from server.access.cells import bound_to
from server.cli import migrations
from server.serving.config import Config


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--second-cell", action="store_true", help="have the demo data live in cell 1, not in cell 0")


@pytest.fixture(scope="session")
def directory(make_database: Callable[[str], str]) -> str:
    """An empty cell 0."""
    url = make_database("directory")
    migrations.migrate(url)
    return url


@pytest.fixture
async def serves(config: Config, db: asyncpg.Connection, request: pytest.FixtureRequest) -> Config:
    """What the API is configured with: the database of the demo data, or a directory that knows it as cell 1."""
    if not request.config.getoption("--second-cell"):
        return config
    url = request.getfixturevalue("directory")
    connection = await asyncpg.connect(url)
    await connection.execute("TRUNCATE cells, organization_homes, remote_logins, login_attempts, organizations CASCADE")
    await connection.execute("TRUNCATE departures, departed_smtp_monitors")
    await sql.cells.insert(connection, 1, config.key_ring.encrypt(config.database_url, bound_to(1)))
    for row in await db.fetch("SELECT organization_id, email FROM users"):
        await sql.cells.insert_remote_login(connection, row["email"], row["organization_id"])
    await connection.execute("""
        INSERT INTO organization_homes SELECT DISTINCT organization_id, 1 FROM remote_logins;
        INSERT INTO departures SELECT organization_id, true FROM organization_homes
    """)
    left = await db.fetch("SELECT public_id, organization_id FROM smtp_monitors")
    await connection.executemany("INSERT INTO departed_smtp_monitors VALUES ($1, $2)", [tuple(row) for row in left])
    await connection.close()
    return replace(config, database_url=url)
