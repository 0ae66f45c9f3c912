"""Monitors. Every statement names the organization; what is out of reach is not there."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.group_commit import GroupCommit
from sql.smtp_monitor_patches import COLUMNS, UPDATABLE, Patch

LISTED = f"{COLUMNS}, c.name AS customer_name"
WITHIN_REACH = """
               m.organization_id = $1
           AND m.public_id = $2
           AND ($3::bigint[] IS NULL OR m.customer_id = ANY($3))
           AND ($4::bigint[] IS NULL OR m.version = ANY($4))
"""
FILTER = """
               ($1::bigint IS NULL OR m.organization_id = $1)
           AND ($2::bigint[] IS NULL OR m.customer_id = ANY($2))
           AND ($3::bigint IS NULL OR m.customer_id = $3)
           AND ($4::text IS NULL OR m.status = $4)
           AND ($5::text IS NULL OR m.name ILIKE $5 OR m.hostname ILIKE $5 OR c.name ILIKE $5)
"""


async def update(
    db: Executor,
    commits: GroupCommit[Patch],
    reach: Reach,
    public_id: UUID,
    changes: Mapping[str, Any],
    *,
    versions: Sequence[int] | None = None,
) -> asyncpg.Record | None:
    """Write the changed columns alone; None if nothing in reach has that id and one of the *versions*."""
    organization_id = await _organization_id(db, reach, public_id)
    if organization_id is None:
        return None
    if not changes:
        query = f"SELECT {COLUMNS} FROM smtp_monitors m WHERE {WITHIN_REACH}"
        return await db.fetchrow(query, organization_id, public_id, reach.customer_ids, versions)
    patch = Patch(organization_id, public_id, reach.customer_ids, versions, changes, frozenset(changes))
    return await commits.write(patch)


async def select_one(db: Executor, reach: Reach, public_id: UUID) -> asyncpg.Record | None:
    organization_id = await _organization_id(db, reach, public_id)
    query = f"""
        SELECT {LISTED}
          FROM smtp_monitors m
          JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id
         WHERE {WITHIN_REACH}
    """
    return await db.fetchrow(query, organization_id, public_id, reach.customer_ids, None)


async def delete(db: Executor, reach: Reach, public_id: UUID, *, versions: Sequence[int] | None = None) -> bool:
    """Whether there was such a monitor, now gone."""
    organization_id = await _organization_id(db, reach, public_id)
    query = f"DELETE FROM smtp_monitors m WHERE {WITHIN_REACH} RETURNING id"
    return await db.fetchval(query, organization_id, public_id, reach.customer_ids, versions) is not None


async def insert(
    db: Executor, organization_id: int, customer_id: int, public_id: UUID, values: Mapping[str, object]
) -> asyncpg.Record:
    """Make a monitor of the given columns; the rest have the schema's defaults."""
    if stray := values.keys() - UPDATABLE.keys():
        raise ValueError(f"not insertable: {sorted(stray)}")
    columns = [column for column in UPDATABLE if column in values]
    query = f"""
        INSERT INTO smtp_monitors AS m (organization_id, customer_id, public_id, {", ".join(columns)})
        VALUES ($1, $2, $3, {", ".join(f"${n}" for n in range(4, 4 + len(columns)))})
        RETURNING {COLUMNS}
    """
    [row] = await db.fetch(query, organization_id, customer_id, public_id, *[values[column] for column in columns])
    return row


async def select_page(
    db: Executor,
    reach: Reach,
    *,
    filters: Mapping[str, Any],
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many match organizationId, customerId, status, search, and those on one page, oldest first."""
    wanted = filters.get("organizationId")
    tenant = reach.organization_id if reach.organization_id is not None else wanted
    if wanted not in (None, tenant):
        return 0, []
    search = filters.get("search")
    pattern = None if search is None else f"%{_escape_like(search)}%"
    conditions = (tenant, reach.customer_ids, filters.get("customerId"), filters.get("status"), pattern)
    source = "smtp_monitors m JOIN customers c ON c.organization_id = m.organization_id AND c.id = m.customer_id"
    total = await db.fetchval(f"SELECT count(*) FROM {source} WHERE {FILTER}", *conditions)
    query = f"""
        SELECT {LISTED}
          FROM {source}
         WHERE {FILTER}
         ORDER BY m.organization_id, m.id
         LIMIT $6 OFFSET $7
    """
    return total, await db.fetch(query, *conditions, limit, offset)


async def select_passwords(db: Executor, *, not_under: bytes, batch: int) -> AsyncIterator[asyncpg.Record]:
    """Every encrypted password whose key id is not *not_under*, across organizations."""
    query = """
        SELECT organization_id, id, public_id, smtp_password
          FROM smtp_monitors
         WHERE (organization_id, id) > ($1, $2)
           AND smtp_password IS NOT NULL
           AND substr(smtp_password, 1, 4) <> $3
         ORDER BY organization_id, id
         LIMIT $4
    """
    organization_id, monitor_id = 0, 0
    while rows := await db.fetch(query, organization_id, monitor_id, not_under, batch):
        for row in rows:
            yield row
        organization_id, monitor_id = rows[-1]["organization_id"], rows[-1]["id"]


async def replace_password(db: Executor, organization_id: int, monitor_id: int, old: bytes, new: bytes) -> bool:
    """Swap one ciphertext for another, unless a client has changed it meanwhile."""
    query = """
        UPDATE smtp_monitors
           SET smtp_password = $4
         WHERE organization_id = $1
           AND id = $2
           AND smtp_password = $3
    """
    return await db.execute(query, organization_id, monitor_id, old, new) == "UPDATE 1"


async def _organization_id(db: Executor, reach: Reach, public_id: UUID) -> int | None:
    """The tenant to name in the statement; looked up only for callers who reach every organization."""
    if reach.organization_id is not None:
        return reach.organization_id
    query = "SELECT organization_id FROM smtp_monitors WHERE public_id = $1"
    organization_id: int | None = await db.fetchval(query, public_id)
    return organization_id


def _escape_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
