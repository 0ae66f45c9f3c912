"""The other commands work for organizations of every cell, and say which cells are away."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from server.access.key_ring import KeyRing, generate_key
from tests.cells.operating import ask, insert, with_north
from tests.product.process import Product


@pytest.mark.slow
def test_users_and_organizations_are_found_where_they_live(
    product: Product, make_database: Callable[[str], str]
) -> None:
    operator, north = with_north(product, make_database, "found")
    yours = ask(north, "SELECT id FROM organizations WHERE name = 'Yours'")
    assert yours >> 44 == 1
    assert operator.ask("SELECT organization_id FROM remote_logins WHERE email = 'you@example.com'") == yours
    product.start(**operator.environ)
    [token] = operator.run("token", "you@example.com")
    assert product.ask("GET", "/api/session", token)[0] == 200
    operator.run("user", "password", "you@example.com")
    assert product.ask("GET", "/api/session", token)[0] == 401
    assert product.stop() == 0
    assert [line.split()[1] for line in operator.run("user", "list")] == ["EMAIL", "me@example.com", "you@example.com"]
    operator.run("customer", "add", "Second", "--organization", "Yours")
    assert [line.split()[-1] for line in operator.run("customer", "list")] == ["NAME", "First", "Second"]
    operator.run("user", "reset-two-factor", "you@example.com")
    operator.run("organization", "limits", "Yours", "--max-users", "7")
    assert ask(north, "SELECT max_users FROM organizations") == 7
    assert operator.run("webhook", str(yours), "https://a.example")[0].startswith("secret: ")
    operator.run("user", "add", "me@example.com", "--organization", str(yours))
    operator.run("user", "deactivate", "me@example.com", fails="several organizations have a user with the address")
    operator.run("user", "deactivate", "me@example.com", "--organization", "Yours")
    operator.run("organization", "delete", "Yours", "--yes")
    assert operator.ask("SELECT count(*) FROM remote_logins") == 0
    assert operator.run("user", "list")[1:] == [operator.run("user", "list", "--organization", "Mine")[1]]
    ask(north, "INSERT INTO organizations (name) VALUES ('Mine') RETURNING id")
    operator.run("organization", "limits", "Mine", fails="several organizations have the name Mine")


@pytest.mark.slow
def test_a_cell_that_is_away_leaves_the_others_to_be_worked_with(
    product: Product, make_database: Callable[[str], str]
) -> None:
    operator, north = with_north(product, make_database, "others")
    yours = str(ask(north, "SELECT id FROM organizations"))
    asyncio.run(insert(operator, 2, "postgresql://nobody@127.0.0.1:1/x"))
    away = "cell 2: the database cannot be reached"
    operator.run("organization", "limits", "Yours", fails=away)
    operator.run("organization", "limits", yours)
    operator.run("token", "you@example.com")
    assert len(operator.run("user", "list", fails=away)) == 3


@pytest.mark.slow
def test_secrets_of_every_cell_are_rotated(product: Product, make_database: Callable[[str], str]) -> None:
    operator, north = with_north(product, make_database, "rotated")
    yours = ask(north, "SELECT id FROM organizations")
    for organization in ("1", str(yours)):
        operator.run("webhook", organization, "https://a.example")
    new = generate_key()
    operator.environ["SECRETS_KEY"] = f"{new},{operator.environ['SECRETS_KEY']}"
    assert operator.run("secrets", "rotate") == ["3 credentials now under the first key"]
    assert operator.run("secrets", "rotate") == ["0 credentials now under the first key"]
    operator.environ["SECRETS_KEY"] = new
    assert ask(north, "SELECT substr(secret, 1, 4) FROM webhooks") == KeyRing.parse(new).current_id
    asyncio.run(insert(operator, 2, "postgresql://nobody@127.0.0.1:1/x"))
    operator.run("secrets", "rotate", fails="cell 2: the database cannot be reached")


def test_what_does_not_hold_of_a_cell_is_found(product: Product, make_database: Callable[[str], str]) -> None:
    operator, north = with_north(product, make_database, "checked")
    holds = operator.run("cell", "check")
    assert not [line for line in holds if "FAULT" in line]
    assert "ids of its own" in {line.split(maxsplit=3)[3] for line in holds}
    asyncio.run(spoil(operator.url, north))
    asyncio.run(insert(operator, 2, "postgresql://nobody@127.0.0.1:1/x"))
    done = product.run("cell", "check", **operator.environ)
    faults = [line.split(maxsplit=3) for line in done.stdout.splitlines() if "FAULT" in line]
    assert done.returncode == 1
    assert [(number, words.split(":")[0]) for _, number, _, words in faults] == [
        ("1", "ids of another cell come from users_id_seq"),
        ("1", "the locations are not those of cell 0; agents copy them"),
        ("1", "left over of moves that are not under way"),
        ("1", "the directory does not lead to 1 users"),
        ("2", "the database cannot be reached"),
    ]
    assert "publication smtp_monitors_move_5, departure of organization 5" in done.stdout


async def spoil(home: str, north: str) -> None:
    directory, there = await asyncpg.connect(home), await asyncpg.connect(north)
    await there.execute("ALTER SEQUENCE users_id_seq MINVALUE 1 RESTART WITH 1")
    await there.execute("INSERT INTO locations (code, name, country) VALUES ('x', 'X', 'DE')")
    await there.execute("CREATE PUBLICATION smtp_monitors_move_5; INSERT INTO departures VALUES (5, false)")
    await directory.execute("DELETE FROM remote_logins")
    await directory.close()
    await there.close()
