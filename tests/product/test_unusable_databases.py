"""Databases that nobody can serve from are refused at the start, in one line."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from server.access.key_ring import generate_key
from tests.ports import free_port
from tests.product.process import Product, wait_until

SECRETS = {"JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key()}
COMMANDS = ("serve", "agent", "migrate", "user list")
VERSIONED = ("serve", "agent", "user list", "customer add X --organization 1", "secrets rotate")
POOLER = "DATABASE_URL leads to a connection pooler such as PgBouncer; it must lead to the database itself"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the user that PostgreSQL runs as can read."""
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def pgbouncer(folder: Path, make_database: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """Start one in a mode; gives the URL of a database behind it."""
    if shutil.which("pgbouncer") is None:
        pytest.skip("pgbouncer is not installed")
    started: list[subprocess.Popen[bytes]] = []

    def start(mode: str) -> str:
        parts = conninfo.conninfo_to_dict(make_database(f"pooled_{mode}"))
        port = free_port()
        (folder / "users").write_text(f'"{parts["user"]}" "{parts.get("password") or ""}"\n')
        (folder / "pgbouncer.ini").write_text(f"""
            [databases]
            * = host={parts["host"]} port={parts.get("port", 5432)}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {folder}/users
            pool_mode = {mode}
        """)
        host = Path(str(parts["host"]))
        # it does not run as root, and as nobody it cannot reach the embedded database
        user = ["-u", host.owner() if host.exists() else "nobody"] if os.getuid() == 0 else []
        command = ["pgbouncer", "-q", *user, str(folder / "pgbouncer.ini")]
        started.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        url = f"postgresql://{parts['user']}@127.0.0.1:{port}/{parts['dbname']}"
        wait_until(lambda: answers(url))
        return url

    try:
        yield start
    finally:
        for process in started:
            process.terminate()
            process.wait(10)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_is_refused(product: Product, pgbouncer: Callable[[str], str], mode: str) -> None:
    url = pgbouncer(mode)
    for command in COMMANDS if mode == "transaction" else COMMANDS[:1]:
        refused = product.run(*command.split(), DATABASE_URL=url, **SECRETS)
        assert (refused.returncode, refused.stderr) == (1, f"run.py: {POOLER}\n"), command


def test_an_encoding_other_than_utf8_is_refused(product: Product, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        try:
            url = re.sub(r"/postgres(?=\?|$)", "/latin", postgres)
            for command in COMMANDS:
                refused = product.run(*command.split(), DATABASE_URL=url, **SECRETS)
                words = "the database has the encoding LATIN1; make one with ENCODING 'UTF8'"
                assert (refused.returncode, refused.stderr) == (1, f"run.py: {words}\n"), command
        finally:
            connection.execute("DROP DATABASE latin")


@pytest.mark.slow
def test_a_schema_of_another_version_is_refused(product: Product, make_database: Callable[[str], str]) -> None:
    own = {"DATABASE_URL": make_database("versions"), **SECRETS}
    applied = product.run("migrate", **own).stdout.splitlines()[:-1]
    last, newest = (line.split()[1] for line in applied[-2:])
    product.run("migrate", "--back-to", last.partition("_")[0].lstrip("0"), **own)
    for command in (*VERSIONED, "token me@example.com"):
        refused = product.run(*command.split(), **own)
        behind = f"run.py: the schema is behind by {newest}; run: run.py migrate\n"
        assert (refused.returncode, refused.stderr) == (1, behind)
    assert product.run("migrate", **own).returncode == 0
    with psycopg.connect(own["DATABASE_URL"]) as connection:
        connection.execute("""
            INSERT INTO _yoyo_migration (migration_hash, migration_id, applied_at_utc)
            VALUES ('f', '9999_from-the-future', now())
        """)
    for command in (*VERSIONED, "migrate"):
        refused = product.run(*command.split(), **own)
        ahead = "the schema is ahead by 9999_from-the-future; this is an older version, and must not write to it"
        assert (refused.returncode, refused.stderr) == (1, f"run.py: {ahead}\n")
