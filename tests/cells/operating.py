"""Cells as an operator has them: databases of their own, and the commands on them."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

import sql
from server.access import cells
from server.access.key_ring import KeyRing, generate_key
from server.cli import migration_files
from tests.product.process import Product


class Operator:
    """Runs commands on cell 0, whose schema is up to date."""

    def __init__(self, product: Product, url: str) -> None:
        self.product, self.url = product, url
        self.environ = {"DATABASE_URL": url, "JWT_SECRET": "j" * 32, "SECRETS_KEY": generate_key(), "WORKERS": "2"}
        assert product.run("migrate", **self.environ).returncode == 0

    def run(self, *arguments: str, fails: str = "") -> list[str]:
        """The lines of a command; *fails* is part of what it says if it must not succeed."""
        done = self.product.run(*arguments, **self.environ)
        assert done.returncode == (1 if fails else 0), done.stdout + done.stderr
        assert fails in done.stderr
        assert fails or not done.stderr
        return done.stdout.splitlines()

    def ask(self, query: str, url: str = "") -> Any:
        return ask(url or self.url, query)


def ask(url: str, query: str) -> Any:
    """One value."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def operator_of(product: Product, make_database: Callable[[str], str], name: str) -> Operator:
    return Operator(product, make_database(name))


def with_north(product: Product, make_database: Callable[[str], str], name: str) -> tuple[Operator, str]:
    """Mine lives in cell 0, Yours in cell 1."""
    operator, north = operator_of(product, make_database, name), make_database(f"{name}_north")
    operator.run("user", "add", "me@example.com", "--organization", "Mine")
    operator.run("cell", "add", north)
    operator.run("user", "add", "you@example.com", "--organization", "Yours", "--customer", "First")
    return operator, north


async def insert(operator: Operator, number: int, url: str) -> None:
    directory = await asyncpg.connect(operator.url)
    ring = KeyRing.parse(operator.environ["SECRETS_KEY"])
    await sql.cells.insert(directory, number, ring.encrypt(url, cells.bound_to(number)))
    await directory.close()


def number_before(count: int) -> int:
    """The number of the migration that is the newest without the last *count*."""
    return int(sorted(migration_files.known())[-1 - count].partition("_")[0])


@contextmanager
def silent_server() -> Iterator[str]:
    """The URL of a database that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"postgresql://nobody@127.0.0.1:{listening.getsockname()[1]}/silent"
