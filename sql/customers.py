from collections.abc import Collection, Mapping
from operator import itemgetter
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import containing, set_values, within_reach

COLUMNS = "organization_id, id, public_id, name, created_at"
UPDATABLE = ("name",)
WITHIN_REACH = within_reach("organization_id", "id")
ORDER = itemgetter("organization_id", "id")  # of select_page, for rows of several databases


async def select_one(db: Executor, reach: Reach, customer: int | UUID) -> asyncpg.Record | None:
    """The customer, by its number or public id; None outside the reach."""
    query = f"SELECT {COLUMNS} FROM customers WHERE {WITHIN_REACH} AND {_column(customer)} = $3"
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, customer)


async def select_page(
    db: Executor,
    reach: Reach,
    *,
    organization_id: int | None = None,
    search: str | None = None,
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many match, and those on one page, oldest first."""
    condition = f"""{WITHIN_REACH}
           AND ($3::bigint IS NULL OR organization_id = $3)
           AND ($4::text IS NULL OR name ILIKE $4)
    """
    values = (reach.organization_id, reach.customer_ids, organization_id, containing(search))
    total = await db.fetchval(f"SELECT count(*) FROM customers WHERE {condition}", *values)
    query = f"""
        SELECT {COLUMNS}
          FROM customers
         WHERE {condition}
         ORDER BY organization_id, id
         LIMIT $5 OFFSET $6
    """
    return total, await db.fetch(query, *values, limit, offset)


async def select_ids(db: Executor, organization_id: int, customers: Collection[int | UUID]) -> list[int] | None:
    """The numbers of an organization's customers, in order; None if it has not got all of them."""
    query = """
        SELECT id, public_id
          FROM customers
         WHERE organization_id = $1
           AND (id = ANY($2::bigint[]) OR public_id = ANY($3::uuid[]))
         ORDER BY id
    """
    numbers = [customer for customer in customers if isinstance(customer, int)]
    public_ids = [customer for customer in customers if isinstance(customer, UUID)]
    rows = await db.fetch(query, organization_id, numbers, public_ids)
    known = {row["id"] for row in rows} | {row["public_id"] for row in rows}
    return [row["id"] for row in rows] if known >= set(customers) else None


async def insert(db: Executor, organization_id: int, name: str) -> asyncpg.Record:
    query = f"""
        INSERT INTO customers (organization_id, name)
        VALUES ($1, $2)
        RETURNING {COLUMNS}
    """
    [row] = await db.fetch(query, organization_id, name)
    return row


async def update(
    db: Executor, reach: Reach, customer: int | UUID, changes: Mapping[str, object]
) -> asyncpg.Record | None:
    """Write the changed columns alone; None if nothing in reach is that customer."""
    if not changes:
        return await select_one(db, reach, customer)
    assignments, values = set_values(UPDATABLE, changes, first=4)
    query = f"""
        UPDATE customers
           SET {assignments}
         WHERE {WITHIN_REACH}
           AND {_column(customer)} = $3
        RETURNING {COLUMNS}
    """
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, customer, *values)


async def select_locked(connection: Executor, reach: Reach, customer: int | UUID) -> asyncpg.Record | None:
    """The customer, locked: until the transaction ends, nobody changes it or makes monitors for it."""
    query = f"SELECT {COLUMNS} FROM customers WHERE {WITHIN_REACH} AND {_column(customer)} = $3 FOR UPDATE"
    return await connection.fetchrow(query, reach.organization_id, reach.customer_ids, customer)


async def delete(connection: Executor, organization_id: int, customer_id: int) -> list[asyncpg.Record] | None:
    """Remove a locked customer, also from the users restricted to it: their ids and the customer_ids that are left.

    None if it has monitors.
    """
    removal = """
        DELETE FROM customers
         WHERE organization_id = $1
           AND id = $2
           AND NOT EXISTS (SELECT FROM smtp_monitors WHERE organization_id = $1 AND customer_id = $2)
        RETURNING id
    """
    if await connection.fetchval(removal, organization_id, customer_id) is None:
        return None
    restriction = """
        UPDATE users
           SET customer_ids = array_remove(customer_ids, $2)
         WHERE organization_id = $1
           AND customer_ids @> ARRAY[$2::bigint]
        RETURNING id, customer_ids
    """
    return await connection.fetch(restriction, organization_id, customer_id)


def _column(customer: int | UUID) -> str:
    return "id" if isinstance(customer, int) else "public_id"
