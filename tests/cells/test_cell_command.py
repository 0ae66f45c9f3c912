"""Operators add cells, list and check them. Whoever is killed meanwhile has spoilt nothing."""

import asyncio
import subprocess
import time
from collections.abc import Callable
from functools import partial

import asyncpg
import pytest

from server.cli import migration_files, migrations
from tests.cells.operating import Operator, ask, insert, number_before, operator_of, silent_server, with_north
from tests.product.process import Product, wait_until

WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND {which})"
OF_TABLES = "relation IN (to_regclass('this_cell'), to_regclass('locations'), to_regclass('cells'))"
# where it is killed, as what it waits for there: before migrations, the number, the locations, the directory's row
STOPS = (
    ("there", "SELECT pg_advisory_lock(hashtext('smtp-monitors migrations'))", "locktype = 'advisory'"),
    ("there", "LOCK TABLE this_cell IN ACCESS EXCLUSIVE MODE", OF_TABLES),
    ("there", "LOCK TABLE this_cell IN EXCLUSIVE MODE", OF_TABLES),
    ("there", "LOCK TABLE locations IN ACCESS EXCLUSIVE MODE", OF_TABLES),
    ("home", "LOCK TABLE cells IN SHARE MODE", OF_TABLES),
)


def test_a_killed_command_is_run_again(product: Product, make_database: Callable[[str], str]) -> None:
    operator = operator_of(product, make_database, "adding")
    operator.run("location", "add", "de-nbg", "--name", "Nürnberg", "--country", "DE")
    url = make_database("added")
    for where, statement, which in STOPS:
        if "this_cell" in statement:
            migrations.migrate(url)
        asyncio.run(kill_while_it_waits(operator, url, url if where == "there" else operator.url, statement, which))
        assert operator.ask("SELECT count(*) FROM cells") == 0, "the directory learns of it last"
    assert ask(url, "SELECT id FROM this_cell") == 1
    assert operator.run("cell", "add", url, "--closed") == ["cell 1 added"]
    assert operator.ask("SELECT NOT open FROM cells WHERE id = 1")
    assert ask(url, "SELECT code FROM locations WHERE id = 1") == "de-nbg"
    assert ask(url, "INSERT INTO organizations (name) VALUES ('x') RETURNING id >> 44") == 1
    operator.run("cell", "add", url, fails="the URL leads to the database of cell 1, which is added already")


@pytest.mark.slow
def test_a_command_killed_among_migrations_is_run_again(product: Product, make_database: Callable[[str], str]) -> None:
    operator, url = operator_of(product, make_database, "adding_early"), make_database("added_early")
    for at_least in (1, 8, 20):
        adding = start_adding(operator, url)
        wait_until(partial(has_applied, url, at_least))
        adding.kill()
        adding.wait()
    assert 20 <= applied(url) <= len(migration_files.known())
    if not operator.ask("SELECT count(*) FROM cells"):
        assert operator.run("cell", "add", url) == ["cell 1 added"]
    assert applied(url) == len(migration_files.known())


def applied(url: str) -> int:
    made = ask(url, "SELECT to_regclass('_yoyo_migration') IS NOT NULL")
    return int(ask(url, "SELECT count(*) FROM _yoyo_migration")) if made else 0


def has_applied(url: str, at_least: int) -> bool:
    return applied(url) >= at_least


def start_adding(operator: Operator, url: str) -> subprocess.Popen[bytes]:
    command = [*operator.product.command, "cell", "add", url]
    return subprocess.Popen(command, env={**operator.product.environ, **operator.environ})


async def kill_while_it_waits(operator: Operator, url: str, locked: str, statement: str, which: str) -> None:
    holder = await asyncpg.connect(locked)
    async with asyncio.timeout(30), holder.transaction():
        await holder.execute(statement)
        adding = start_adding(operator, url)
        database = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        while not await holder.fetchval(WAITS.format(which=f"{which} AND {database}")):
            assert adding.poll() is None
            await asyncio.sleep(0.02)
        adding.kill()
        await asyncio.to_thread(adding.wait)
    await holder.close()


@pytest.mark.slow
def test_a_number_that_another_has_got_meanwhile_is_replaced(
    product: Product, make_database: Callable[[str], str]
) -> None:
    operator = operator_of(product, make_database, "numbers")
    killed, other = make_database("numbers_killed"), make_database("numbers_other")
    migrations.migrate(killed)
    ask(killed, "SELECT number_cell(1)")
    assert operator.run("cell", "add", other) == ["cell 1 added"]
    assert operator.run("cell", "add", killed) == ["cell 2 added"]
    assert ask(killed, "SELECT id FROM this_cell") == 2
    operator.ask("DELETE FROM cells WHERE id = 2 RETURNING id")
    operator.ask("INSERT INTO organization_homes VALUES (2::bigint << 44 | 7, 1) RETURNING 1")
    assert operator.run("cell", "add", make_database("numbers_third")) == ["cell 3 added"], "an id says 2"


@pytest.mark.slow
def test_what_cannot_be_a_cell_is_refused(product: Product, make_database: Callable[[str], str]) -> None:
    operator, used = operator_of(product, make_database, "refusing"), make_database("used")
    operator.run("cell", "add", operator.url, fails="the URL leads to the database of cell 0")
    operator.run(
        "cell", "add", operator.url.replace("postgresql:", "mysql:"), fails="URL must begin with postgresql://"
    )
    migrations.migrate(used)
    ask(used, "INSERT INTO organizations (name) VALUES ('x') RETURNING id")
    operator.run("cell", "add", used, fails="the database has organizations, whose ids say another cell")
    ask(used, "DELETE FROM organizations WHERE name = 'x' RETURNING id")
    ask(used, "INSERT INTO locations (code, name, country) VALUES ('x', 'X', 'DE') RETURNING id")
    operator.run("cell", "add", used, fails="the database has locations that cell 0 has not")
    operator.run("cell", "close", "1", fails="there is no cell 1")


@pytest.mark.slow
def test_cells_are_listed_with_those_that_are_away(product: Product, make_database: Callable[[str], str]) -> None:
    operator, url = operator_of(product, make_database, "listing"), make_database("listed")
    operator.run("user", "add", "me@example.com", "--organization", "Mine")
    operator.run("cell", "add", url)
    assert operator.run("cell", "close", "1") == ["cell 1 is closed"]
    assert operator.run("cell", "open", "1") == ["cell 1 is open"]
    operator.run("user", "add", "you@example.com", "--organization", "Yours")
    behind = make_database("listed_behind")
    operator.run("cell", "add", behind)
    migrations.roll_back(behind, number_before(2))
    with silent_server() as silent:
        for number in (3, 4):
            asyncio.run(insert(operator, number, silent))
        started = time.monotonic()
        listed = operator.run("cell", "list")
        assert time.monotonic() - started < 19, "they are waited for together"
    lines = [line.split(maxsplit=5) for line in listed[1:]]
    assert [(line[0], *line[2:]) for line in lines] == [
        ("0", "closed", "1", "0", "ok"),
        ("1", "open", "1", "0", "ok"),
        ("2", "open", "0", "0", "behind by 2 migrations"),
        *[(str(n), "open", "-", "-", "away: the database cannot be reached: no answer in time") for n in (3, 4)],
    ]
    assert lines[1][1].endswith("_listed")
    assert lines[3][1].startswith("127.0.0.1:")
    assert "nobody" not in "".join(listed)


@pytest.mark.slow
def test_a_cell_gets_a_new_url(product: Product, make_database: Callable[[str], str]) -> None:
    operator, north = with_north(product, make_database, "renewed")
    operator.run("cell", "url", "1", operator.url, fails="the URL leads to cell 0, not to cell 1")
    operator.run("cell", "url", "2", north, fails="the URL leads to cell 1, not to cell 2")
    before = operator.ask("SELECT url FROM cells")
    assert operator.run("cell", "url", "1", f"{north}&sslmode=disable") == ["cell 1 has a new URL"]
    assert operator.ask("SELECT url FROM cells") != before
    assert any("you@example.com" in line for line in operator.run("user", "list"))
    assert operator.ask("SELECT after::text FROM audit_events WHERE resource = 'cell' ORDER BY id DESC LIMIT 1") == (
        '{"url":null}'
    )
