"""Status pages and the monitors that they show. A caller with some customers has those of these customers alone."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import DEPARTED, set_values, within_customers, within_reach

UPDATABLE = (
    "slug",
    "title",
    "description",
    "logo_url",
    "language",
    "visibility",
    "shows_hostnames",
    "shows_response_times",
)
SHOWN = """
              FROM status_page_smtp_monitors p
              JOIN smtp_monitors m ON m.organization_id = p.organization_id AND m.id = p.smtp_monitor_id
             WHERE p.organization_id = s.organization_id
               AND p.status_page_id = s.id
"""
COLUMNS = f"s.organization_id, s.id, s.customer_id, {', '.join(f's.{column}' for column in UPDATABLE)}"
COLUMNS += ", s.created_at, s.updated_at"
COUNT = f"(SELECT count(*) {SHOWN}) AS smtp_monitors"
MONITORS = f"""
           ARRAY(SELECT m.public_id {SHOWN} ORDER BY p.position) AS smtp_monitor_public_ids,
           ARRAY(SELECT p.name {SHOWN} ORDER BY p.position) AS smtp_monitor_names
"""
WITHIN_REACH = within_reach("s.organization_id", "s.customer_id")
ORDER = itemgetter("organization_id", "id")  # of select_page, for rows of several databases


async def select_page(
    db: Executor,
    reach: Reach,
    *,
    organization_id: int | None = None,
    customer_id: int | None = None,
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many match, and those on one page, oldest first, without their monitors."""
    condition = f"""{WITHIN_REACH}
           AND ($3::bigint IS NULL OR s.organization_id = $3)
           AND ($4::bigint IS NULL OR s.customer_id = $4)
    """
    values = (reach.organization_id, reach.customer_ids, organization_id, customer_id)
    total = await db.fetchval(f"SELECT count(*) FROM status_pages s WHERE {condition}", *values)
    query = f"""
        SELECT {COLUMNS}, {COUNT}
          FROM status_pages s
         WHERE {condition}
         ORDER BY s.organization_id, s.id
         LIMIT $5 OFFSET $6
    """
    return total, await db.fetch(query, *values, limit, offset)


async def select_one(db: Executor, reach: Reach, page_id: int) -> asyncpg.Record | None:
    """The page with its monitors."""
    query = f"SELECT {COLUMNS}, {COUNT}, {MONITORS} FROM status_pages s WHERE {WITHIN_REACH} AND s.id = $3"
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, page_id)


async def lock(connection: Executor, organization_id: int) -> None:
    """Until the transaction ends, nobody else who takes this lock makes, changes or removes pages of it."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('status pages', $1))", organization_id)


async def select_slugs(connection: Executor, organization_id: int) -> list[str] | None:
    """Those of an organization's pages; None if it does not live in this cell."""
    query = f"""
        SELECT ARRAY(SELECT slug FROM status_pages WHERE organization_id = $1)
          FROM organizations
         WHERE id = $1
           AND id NOT IN {DEPARTED}
    """
    slugs: list[str] | None = await connection.fetchval(query, organization_id)
    return slugs


async def insert(db: Executor, organization_id: int, customer_id: int | None, values: Mapping[str, object]) -> int:
    """The number of the new page."""
    if stray := values.keys() - set(UPDATABLE):
        raise ValueError(f"not insertable: {sorted(stray)}")
    columns = [column for column in UPDATABLE if column in values]
    query = f"""
        INSERT INTO status_pages (organization_id, customer_id, {", ".join(columns)})
        VALUES ($1, $2, {", ".join(f"${n}" for n in range(3, 3 + len(columns)))})
        RETURNING id
    """
    page_id: int = await db.fetchval(query, organization_id, customer_id, *[values[column] for column in columns])
    return page_id


async def update(db: Executor, organization_id: int, page_id: int, changes: Mapping[str, object]) -> None:
    """Write the changed columns alone."""
    assignments, values = set_values(UPDATABLE, changes, first=3)
    query = f"""
        UPDATE status_pages
           SET {", ".join(filter(None, (assignments, "updated_at = now()")))}
         WHERE organization_id = $1
           AND id = $2
    """
    await db.execute(query, organization_id, page_id, *values)


async def delete(db: Executor, organization_id: int, page_id: int) -> None:
    await db.execute("DELETE FROM status_pages WHERE organization_id = $1 AND id = $2", organization_id, page_id)


async def replace_monitors(
    connection: Executor,
    reach: Reach,
    organization_id: int,
    page_id: int,
    monitors: Sequence[tuple[UUID, str]],
) -> set[UUID]:
    """Show these monitors, in this order. Returns those that the page shows now: its customer's, and in reach."""
    removal = "DELETE FROM status_page_smtp_monitors WHERE organization_id = $1 AND status_page_id = $2"
    await connection.execute(removal, organization_id, page_id)
    query = f"""
        INSERT INTO status_page_smtp_monitors (organization_id, status_page_id, smtp_monitor_id, position, name)
        SELECT s.organization_id, s.id, m.id, w.position, w.name
          FROM status_pages s
          JOIN smtp_monitors m ON m.organization_id = s.organization_id
          JOIN unnest($4::uuid[], $5::text[]) WITH ORDINALITY AS w (public_id, name, position)
            ON w.public_id = m.public_id
         WHERE s.organization_id = $1
           AND s.id = $2
           AND (s.customer_id IS NULL OR m.customer_id = s.customer_id)
           AND {within_customers("m.customer_id", "$3::bigint[]")}
    """
    names = [name for _, name in monitors]
    public_ids = [public_id for public_id, _ in monitors]
    await connection.execute(query, organization_id, page_id, reach.customer_ids, public_ids, names)
    shown = f"SELECT m.public_id {SHOWN}".replace("s.organization_id", "$1").replace("s.id", "$2")
    return {row["public_id"] for row in await connection.fetch(shown, organization_id, page_id)}
