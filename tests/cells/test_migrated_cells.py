"""migrate brings every cell up, and servers work with cells that are one migration apart."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from server.cli import migration_files, migrations
from tests.cells.operating import ask, insert, number_before, silent_server, with_north
from tests.product.process import Product


@pytest.mark.slow
def test_every_cell_is_migrated_but_those_that_are_away(product: Product, make_database: Callable[[str], str]) -> None:
    operator, north = with_north(product, make_database, "migrated")
    newest = max(migration_files.known())
    before = number_before(1)
    migrations.roll_back(north, before)
    assert operator.run("migrate") == [f"cell 1: applied {newest}", "the schema is up to date"]
    migrations.roll_back(north, before)
    with silent_server() as silent:
        asyncio.run(insert(operator, 2, silent))
        asyncio.run(insert(operator, 3, north))
        operator.ask("UPDATE cells SET id = 9 WHERE id = 1 RETURNING id")
        operator.ask("DELETE FROM cells WHERE id = 9 RETURNING id")
        failed = "the schema is up to date, but not in every cell; cell 2: the database cannot be reached"
        assert operator.run("migrate", fails=failed) == [f"cell 3: applied {newest}"]
    operator.run("migrate", "--back-to", "26", fails="before migration 27 there is no directory, and there are cells")


@pytest.mark.slow
def test_a_server_works_with_a_cell_one_migration_apart(product: Product, make_database: Callable[[str], str]) -> None:
    """Ahead, all of it; behind, what needs the new schema is 503 there, until the cell is migrated."""
    operator, north = with_north(product, make_database, "apart")
    [mine], [yours] = operator.run("token", "me@example.com"), operator.run("token", "you@example.com")
    asyncio.run(be_ahead(north))
    product.start(**operator.environ)
    body = {"customerId": ask(north, "SELECT id FROM customers"), "name": "x", "hostname": "a.example"}
    assert product.ask("POST", "/api/smtp-monitors", yours, body)[0] == 201
    monitor = ask(north, "SELECT public_id FROM smtp_monitors")
    assert product.ask("PATCH", f"/api/smtp-monitors/{monitor}", yours, {"port": 26})[0] == 200
    operator.run("organization", "limits", "Yours")
    ask(north, "DELETE FROM _yoyo_migration WHERE migration_id = '9999_next' RETURNING 1")
    assert product.stop() == 0
    migrations.roll_back(north, number_before(1))
    product.start(**operator.environ)
    assert product.ask("GET", "/api/session", mine)[0] == 200
    assert product.ask("GET", "/api/session", yours)[0] in (200, 503)
    operator.run("migrate")
    assert product.ask("GET", "/api/session", yours)[0] == 200
    assert product.stop() == 0


async def be_ahead(north: str) -> None:
    """As a newer version leaves it that adds something."""
    there = await asyncpg.connect(north)
    await there.execute("ALTER TABLE customers ADD COLUMN next text; CREATE TABLE next (id bigint)")
    await there.execute("INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('next', '9999_next')")
    await there.close()
