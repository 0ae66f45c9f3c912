"""The command that deletes an organization: it asks first, goes on where it was broken off, and leaves nothing."""

import asyncio
import signal
import subprocess
from collections.abc import Callable, Mapping

import asyncpg
import pytest

import sql
from tests.product.process import Product, wait_until

FILL = """
    INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address)
    SELECT 1, 999, n, now(), '{}', '' FROM generate_series(1, 200000) AS n
"""
COUNT = "SELECT count(*) FROM smtp_monitor_changes"


def test_an_operator_deletes_an_organization(product: Product, make_database: Callable[[str], str]) -> None:
    url = make_database("delete")
    own: Mapping[str, str] = {"DATABASE_URL": url}
    assert product.run("migrate", **own).returncode == 0
    for name in ("Mine", "Theirs", "Others"):
        added = product.run("user", "add", "me@example.com", "--organization", name, "--customer", "First", **own)
        assert added.returncode == 0, added.stderr
    asked = product.run("organization", "delete", "Theirs", **own)
    had = "organization 2 has 0 smtp monitors, 1 customers, 1 users, 0 tokens, 0 maintenance windows, "
    had += "0 status pages, 0 status page messages"
    assert (asked.returncode, asked.stderr) == (1, f"run.py: {had}; add --yes to delete all of it\n")
    deleted = product.run("organization", "delete", "Theirs", "--yes", **own)
    assert (deleted.returncode, deleted.stdout) == (0, "organization 2 deleted\n"), deleted.stderr
    again = product.run("organization", "delete", "2", "--yes", **own)
    assert (again.returncode, again.stderr) == (1, "run.py: no organization has the name 2\n")
    asyncio.run(break_off(url, 3))
    assert product.run("organization", "delete", "3", **own).stdout == "organization 3 deleted\n"
    assert asyncio.run(organizations(url)) == [1]


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_where_it_was(product: Product, make_database: Callable[[str], str]) -> None:
    url = make_database("killed_removal")
    own: Mapping[str, str] = {"DATABASE_URL": url}
    assert product.run("migrate", **own).returncode == 0
    assert product.run("user", "add", "me@example.com", "--organization", "Theirs", **own).returncode == 0
    asyncio.run(run_statement(url, FILL))
    command = [*product.command, "organization", "delete", "Theirs", "--yes"]
    deleting = subprocess.Popen(command, env={**product.environ, **own})
    wait_until(lambda: asyncio.run(run_statement(url, COUNT)) < 200_000)
    deleting.kill()
    assert deleting.wait() == -signal.SIGKILL
    assert asyncio.run(run_statement(url, COUNT)) > 0, "killed half-way"
    assert product.run("organization", "delete", "1", **own).stdout == "organization 1 deleted\n"
    assert asyncio.run(run_statement(url, COUNT)) == 0
    assert asyncio.run(organizations(url)) == []


async def run_statement(url: str, statement: str) -> int:
    connection = await asyncpg.connect(url)
    value = await connection.fetchval(statement)
    await connection.close()
    return int(value or 0)


async def break_off(url: str, organization_id: int) -> None:
    """As a command that is killed after its first step leaves it."""
    connection = await asyncpg.connect(url)
    await sql.organization_removals.mark(connection, organization_id)
    await connection.close()


async def organizations(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT DISTINCT organization_id AS id FROM organization_counts ORDER BY 1")
    await connection.close()
    return [row["id"] for row in rows]
