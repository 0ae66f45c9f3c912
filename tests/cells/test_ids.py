"""Ids of different cells never meet, and say their cell."""

from collections.abc import Callable

import asyncpg
import pytest

from server.cli import migrations
from server.cli.database import connected

ROWS = """
    WITH made AS (INSERT INTO organizations (name) VALUES ('made') RETURNING id)
    INSERT INTO customers (organization_id, name) SELECT id, 'made' FROM made RETURNING organization_id, id
"""


async def test_the_ids_of_a_cell_are_its_own(make_database: Callable[[str], str]) -> None:
    made: list[int] = []
    for number in (0, 1, 255):
        url = make_database(f"cell_{number}")
        migrations.migrate(url)
        async with connected(url) as connection:
            await connection.execute("SELECT number_cell($1)", number)
            ids = [*(await connection.fetch(ROWS))[0]]
            assert {made_id >> 44 for made_id in ids} == {number}
            assert await connection.fetchval("SELECT id FROM this_cell") == number
            made += ids
    assert max(made) < 2**53


async def test_a_database_in_use_keeps_its_number(db: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.RaiseError, match="there are organizations already"):
        await db.execute("SELECT number_cell(1)")
