from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach


async def select_one(db: Executor, reach: Reach, customer: int | UUID) -> asyncpg.Record | None:
    """The customer's organization_id and id, by its number or public id; None outside the reach."""
    column = "id" if isinstance(customer, int) else "public_id"
    query = f"""
        SELECT organization_id, id
          FROM customers
         WHERE ($1::bigint IS NULL OR organization_id = $1)
           AND ($2::bigint[] IS NULL OR id = ANY($2))
           AND {column} = $3
    """
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, customer)


async def insert(db: Executor, organization_id: int, name: str) -> asyncpg.Record:
    query = """
        INSERT INTO customers (organization_id, name)
        VALUES ($1, $2)
        RETURNING id, public_id
    """
    [row] = await db.fetch(query, organization_id, name)
    return row
