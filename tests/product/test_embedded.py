"""The database that comes along: how it is set up, and how it comes back."""

import asyncio
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil
import psycopg
import pytest

from server.cli import embedded, postmaster
from tests.product.process import kill

# asked for the first piece of its log, this archive lets recovery wait for longer than the package does
SLOW_ARCHIVE = "restore_command = 'test -e asked || { touch asked; sleep 11; }; false'\n"


def test_it_is_given_memory_once_and_keeps_what_an_operator_sets(tmp_path: Path) -> None:
    with embedded.database(tmp_path, exclusive=True) as url, psycopg.connect(url) as connection:
        buffers = connection.execute("SELECT setting::int FROM pg_settings WHERE name = 'shared_buffers'").fetchone()
        assert buffers is not None
        assert buffers[0] * 8192 == min(2**32, psutil.virtual_memory().total // 4 // 2**20 * 2**20)
    with (tmp_path / "postgres" / "postgresql.conf").open("a") as file:
        file.write("max_wal_size = 2GB\n")
    with embedded.database(tmp_path, exclusive=True) as url, psycopg.connect(url) as connection:
        assert connection.execute("SHOW max_wal_size").fetchone() == ("2GB",)


@pytest.mark.slow
def test_a_long_recovery_is_waited_for(tmp_path: Path) -> None:
    postgres = tmp_path / "postgres"
    with embedded.database(tmp_path, exclusive=True) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
        killed = kill(int((postgres / "postmaster.pid").read_text().split()[0]))
        psutil.wait_procs(killed, timeout=30)
    with (postgres / "postgresql.conf").open("a") as file:
        file.write(SLOW_ARCHIVE)
    (postgres / "recovery.signal").touch()
    with embedded.database(tmp_path, exclusive=True) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)
    assert (postgres / "asked").exists()


def test_a_start_right_after_a_kill_waits_for_what_is_left(tmp_path: Path) -> None:
    """Whose postmaster alone is killed, its backends end by themselves, and until then no other can start."""
    with embedded.cluster(tmp_path, exclusive=True) as running, psycopg.connect(running.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
        connection.commit()
        psutil.Process(int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0])).kill()
        running.start()
        with psycopg.connect(running.url) as another:
            assert another.execute("SELECT value FROM kept").fetchone() == (1,)


@pytest.mark.slow
def test_a_start_after_a_kill_ends_what_does_not_end_by_itself(tmp_path: Path) -> None:
    """As a backend that waits for a lock of another, which was killed as well."""
    with embedded.cluster(tmp_path, exclusive=True) as running, psycopg.connect(running.url) as connection:
        orphan = psutil.Process(connection.info.backend_pid)
        orphan.suspend()
        psutil.Process(int((tmp_path / "postgres" / "postmaster.pid").read_text().split()[0])).kill()
        running.start()
        with psycopg.connect(running.url) as another:
            assert another.execute("SELECT 1").fetchone() == (1,)
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("socket_is_there", [True, False])
def test_a_killed_databases_pid_may_be_another_processs_by_now(tmp_path: Path, socket_is_there: bool) -> None:
    lock = tmp_path / "postgres" / "postmaster.pid"
    with embedded.database(tmp_path, exclusive=True) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
        connection.commit()
        lines = lock.read_text().splitlines()
        psutil.wait_procs(kill(int(lines[0])), timeout=30)
        lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        if not socket_is_there:
            (Path(lines[4]) / ".s.PGSQL.5432").unlink()
    with embedded.database(tmp_path, exclusive=True) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (1,)


def test_a_database_that_is_out_of_sight_is_left_alone(tmp_path: Path) -> None:
    """Its socket may be in the /tmp of a service, which others do not see."""
    lock = tmp_path / "postgres" / "postmaster.pid"
    with embedded.database(tmp_path, exclusive=True):
        socket = Path(lock.read_text().splitlines()[4]) / ".s.PGSQL.5432"
        hidden = socket.rename(socket.with_name("hidden"))
        postmaster.forget_dead(tmp_path / "postgres", alone=False)
        assert lock.exists()
        hidden.rename(socket)
        postmaster.forget_dead(tmp_path / "postgres", alone=True)
        assert lock.exists()


@pytest.mark.parametrize("name", ["a folder's name", "long" * 30])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    with embedded.database(tmp_path / name, exclusive=True) as url:
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert asyncio.run(connects(url))
        socket = Path(parse_qs(urlsplit(url).query)["host"][0])
    assert not socket.exists() or socket == tmp_path / name / "postgres"


async def connects(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT true"))
    finally:
        await connection.close()
