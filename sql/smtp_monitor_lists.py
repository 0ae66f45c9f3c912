"""Pages of monitors. An index alone tells which ones are on a page; kept counts tell how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import containing, within_reach
from sql.smtp_monitor_updates import COLUMNS


@dataclass(frozen=True, slots=True)
class Query:
    """SQL that counts, SQL that lists the keys in order, and the *values* of both."""

    counting: str
    walk: str
    values: Sequence[object]


async def select_page(
    db: Executor,
    reach: Reach,
    *,
    organization_id: int | None = None,
    customer_id: int | None = None,
    status: str | None = None,
    search: str | None = None,
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many match, and those on one page, oldest first."""
    tenant = reach.organization_id if reach.organization_id is not None else organization_id
    customer_ids = _customer_ids(reach, customer_id)
    if organization_id not in (None, tenant) or customer_ids == []:
        return 0, []
    if tenant is None and customer_ids is not None:
        tenant = await db.fetchval("SELECT organization_id FROM customers WHERE id = ANY($1)", customer_ids)
        if tenant is None:
            return 0, []
    if status is not None or search is not None:
        query = _matching(tenant, customer_ids, status, search)
    elif customer_ids is None:
        query = _of_organization(tenant)
    else:
        query = _of_customers(tenant, customer_ids)
    rows = await db.fetch(_page(query), *query.values, limit, offset)
    # each row tells how many there are; a page behind the last one has no rows
    return rows[0]["total"] if rows else await db.fetchval(query.counting, *query.values), rows


async def count_by_status(db: Executor) -> dict[str, int]:
    """How many monitors of all organizations have each status. This reads every monitor."""
    rows = await db.fetch("SELECT status, count(*) AS monitors FROM smtp_monitors GROUP BY status")
    return {row["status"]: row["monitors"] for row in rows}


def _page(query: Query) -> str:
    """How many there are, and a page of them, in one statement: both are of one moment.

    Before a far page only keys are read, from an index. Rows are joined one by one: the planner does not know
    how long a page is, and might read the whole table.
    """
    first = len(query.values) + 1
    return f"""
        WITH k AS (
            {query.walk}
             LIMIT ${first}::bigint OFFSET ${first + 1}::bigint
        )
        SELECT ({query.counting}) AS total, {COLUMNS},
               (SELECT name
                  FROM customers c
                 WHERE c.organization_id = m.organization_id AND c.id = m.customer_id) AS customer_name
          FROM k
         CROSS JOIN LATERAL (
                SELECT *
                  FROM smtp_monitors m
                 WHERE m.organization_id = k.organization_id
                   AND m.id = k.id
                 LIMIT 1
               ) AS m
         ORDER BY organization_id, id
    """


def _customer_ids(reach: Reach, wanted: int | None) -> list[int] | None:
    """The customers that both the reach and the filter allow; None allows all."""
    if reach.customer_ids is None:
        return None if wanted is None else [wanted]
    return sorted({customer_id for customer_id in reach.customer_ids if wanted in (None, customer_id)})


def _of_organization(tenant: int | None) -> Query:
    where, values = ("", ()) if tenant is None else ("WHERE organization_id = $1", (tenant,))
    counting = f"SELECT coalesce(sum(smtp_monitors), 0)::bigint FROM organization_counts {where}"
    walk = f"SELECT organization_id, id FROM smtp_monitors {where} ORDER BY organization_id, id"
    return Query(counting, walk, values)


def _of_customers(tenant: int | None, customer_ids: Sequence[int]) -> Query:
    """Each customer's first monitors are read in the order of its index, and merged."""
    counting = """
        SELECT coalesce(sum(smtp_monitors), 0)::bigint
          FROM customer_counts
         WHERE organization_id = $1
           AND customer_id = ANY($2)
    """
    walk = """
            SELECT m.organization_id, m.id
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
    """
    return Query(counting, walk, (tenant, customer_ids))


def _matching(tenant: int | None, customer_ids: Sequence[int] | None, status: str | None, search: str | None) -> Query:
    """Reads the rows. No index serves status or search: patches of these columns stay heap-only."""
    source = f"""
          FROM smtp_monitors m
          JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
         WHERE {within_reach("m.organization_id", "m.customer_id")}
           AND ($3::text IS NULL OR m.status = $3)
           AND ($4::text IS NULL OR m.name ILIKE $4 OR m.hostname ILIKE $4 OR c.name ILIKE $4)
    """
    values = (tenant, customer_ids, status, containing(search))
    walk = f"SELECT m.organization_id, m.id {source} ORDER BY m.organization_id, m.id"
    return Query(f"SELECT count(*) {source}", walk, values)
