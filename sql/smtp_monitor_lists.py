"""Pages of monitors: which ones by a walk over an index alone, then their rows; how many from kept counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import containing
from sql.smtp_monitors import LISTED


async def select_page(
    db: Executor, reach: Reach, *, filters: Mapping[str, Any], limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    """How many match organizationId, customerId, status, search, and those on one page, oldest first."""
    tenant = reach.organization_id if reach.organization_id is not None else filters.get("organizationId")
    customer_ids = _customer_ids(reach, filters.get("customerId"))
    if filters.get("organizationId") not in (None, tenant) or customer_ids == []:
        return 0, []
    if tenant is None and customer_ids is not None:
        tenant = await db.fetchval("SELECT organization_id FROM customers WHERE id = ANY($1)", customer_ids)
        if tenant is None:
            return 0, []
    if "status" in filters or "search" in filters:
        total, keys = await _select_matching(db, tenant, customer_ids, filters, limit, offset)
    elif customer_ids is None:
        total, keys = await _select_of_organization(db, tenant, limit, offset)
    else:
        total, keys = await _select_of_customers(db, tenant, customer_ids, limit, offset)
    return total, await _select_rows(db, keys) if keys else []


def _customer_ids(reach: Reach, wanted: int | None) -> list[int] | None:
    """The customers that both the reach and the filter allow; None is all of them."""
    if reach.customer_ids is None:
        return None if wanted is None else [wanted]
    return sorted({customer_id for customer_id in reach.customer_ids if wanted in (None, customer_id)})


async def _select_of_organization(
    db: Executor, tenant: int | None, limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    where, values = ("", ()) if tenant is None else ("WHERE organization_id = $1", (tenant,))
    counting = f"SELECT coalesce(sum(smtp_monitors), 0)::bigint FROM organization_counts {where}"
    walk = f"""
        SELECT organization_id, id, ({counting}) AS total
          FROM smtp_monitors
         {where}
         ORDER BY organization_id, id
         LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}
    """
    return await _select_keys(db, counting, walk, values, limit, offset)


async def _select_of_customers(
    db: Executor, tenant: int | None, customer_ids: Sequence[int], limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    """Each customer's first monitors are read in the order of its index, and merged."""
    counting = """
        SELECT coalesce(sum(smtp_monitors), 0)::bigint
          FROM customer_counts
         WHERE organization_id = $1
           AND customer_id = ANY($2)
    """
    walk = f"""
        SELECT m.organization_id, m.id, ({counting}) AS total
          FROM unnest($2::bigint[]) AS w (customer_id)
         CROSS JOIN LATERAL (
                SELECT organization_id, id
                  FROM smtp_monitors
                 WHERE organization_id = $1
                   AND customer_id = w.customer_id
                 ORDER BY id
                 LIMIT $3::bigint + $4::bigint
               ) AS m
         ORDER BY m.id
         LIMIT $3::bigint OFFSET $4::bigint
    """
    return await _select_keys(db, counting, walk, (tenant, customer_ids), limit, offset)


async def _select_matching(
    db: Executor,
    tenant: int | None,
    customer_ids: Sequence[int] | None,
    filters: Mapping[str, Any],
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """No index serves status or search, so that patches of what they look at stay heap-only: the rows are read."""
    source = """
          FROM smtp_monitors m
          JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
         WHERE ($1::bigint IS NULL OR m.organization_id = $1)
           AND ($2::bigint[] IS NULL OR m.customer_id = ANY($2))
           AND ($3::text IS NULL OR m.status = $3)
           AND ($4::text IS NULL OR m.name ILIKE $4 OR m.hostname ILIKE $4 OR c.name ILIKE $4)
    """
    values = (tenant, customer_ids, filters.get("status"), containing(filters.get("search")))
    walk = f"SELECT m.organization_id, m.id {source} ORDER BY m.organization_id, m.id LIMIT $5 OFFSET $6"
    total = await db.fetchval(f"SELECT count(*) {source}", *values)
    return total, await db.fetch(walk, *values, limit, offset)


async def _select_keys(
    db: Executor, counting: str, walk: str, values: Sequence[object], limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    """How many, and a page of them, in one round trip; only behind the last page are there none that tell."""
    keys = await db.fetch(walk, *values, limit, offset)
    return keys[0]["total"] if keys else await db.fetchval(counting, *values), keys


async def _select_rows(db: Executor, keys: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
    query = f"""
        SELECT {LISTED}
          FROM unnest($1::bigint[], $2::bigint[]) AS k (organization_id, id)
          JOIN smtp_monitors m USING (organization_id, id)
          JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
         ORDER BY m.organization_id, m.id
    """
    return await db.fetch(query, [key["organization_id"] for key in keys], [key["id"] for key in keys])
