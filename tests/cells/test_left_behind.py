"""What an organization has left in a database that it has moved away from is nobody's, whoever looks there."""

import asyncpg
import pytest

import sql
from sql.connection import Reach
from sql.smtp_monitor_lists import Filters, Window
from tests.cells.moving import leave
from tests.conftest import MONITOR, STRANGERS

ALL = Reach(None, None)


@pytest.fixture
async def left(db: asyncpg.Connection) -> asyncpg.Connection:
    """Organization 2 has left."""
    await leave(db, 2)
    return db


async def test_lists_are_without_it(left: asyncpg.Connection) -> None:
    for filters in (Filters(), Filters(search="o"), Filters(status="active"), Filters(customer_id=20)):
        page = await sql.smtp_monitor_lists.select_page(left, ALL, filters, Window(50))
        assert 2 not in {row["organization_id"] for row in page.rows}, filters
        assert page.total == len(page.rows), filters
    total, rows = await sql.users.select_page(left, ALL, limit=50, offset=0)
    assert total == len(rows) == 7
    total, rows = await sql.customers.select_page(left, ALL, limit=50, offset=0)
    assert total == len(rows) == 2
    total, rows = await sql.organizations.select_page(left, ALL, search=None, limit=50, offset=0)
    assert [row["id"] for row in rows] == [1]


async def test_nobody_changes_it(left: asyncpg.Connection) -> None:
    assert await sql.customers.update(left, ALL, 20, {"name": "New"}) is None
    assert await sql.organizations.update(left, ALL, 2, {"name": "New"}) is None
    ids = [sql.demo.MONITOR, *await left.fetchval("SELECT array_agg(public_id) FROM smtp_monitors")]
    async with left.transaction():
        locked = await sql.smtp_monitor_batches.lock_all(left, ALL, ids)
    assert {organization_id for organization_id, _ in locked} == {1}
    assert str(STRANGERS) not in {str(public_id) for _, public_id in locked}
    assert MONITOR in {str(public_id) for _, public_id in locked}
