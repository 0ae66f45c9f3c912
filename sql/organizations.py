from collections.abc import Mapping
from operator import itemgetter
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import containing, set_values, within_reach

# how many there may be, of each column of organization_counts
LIMITS = {
    "max_smtp_monitors": "smtp_monitors",
    "max_customers": "customers",
    "max_users": "users",
    "max_tokens": "tokens",
    "max_maintenance_windows": "maintenance_windows",
    "max_status_pages": "status_pages",
    "max_status_page_messages": "status_page_messages",
}
UPDATABLE = (
    "name",
    "failure_confirmations",
    "recovery_confirmations",
    "location_share_percent",
    "reminder_interval_minutes",
    "require_two_factor",
    *LIMITS,
)
COLUMNS = f"id, created_at, {', '.join(UPDATABLE)}"
WITHIN_REACH = f"{within_reach('id')} AND deleted_at IS NULL"
ORDER = itemgetter("id")  # of select_page, for rows of several databases


async def select_one(db: Executor, reach: Reach, organization_id: int) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} FROM organizations WHERE {WITHIN_REACH} AND id = $2"
    return await db.fetchrow(query, reach.organization_id, organization_id)


async def select_locked(connection: Executor, reach: Reach, organization_id: int) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} FROM organizations WHERE {WITHIN_REACH} AND id = $2 FOR NO KEY UPDATE"
    return await connection.fetchrow(query, reach.organization_id, organization_id)


async def select_page(
    db: Executor, reach: Reach, *, search: str | None, limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    """How many there are in reach, and those on one page, oldest first."""
    condition = f"{WITHIN_REACH} AND ($2::text IS NULL OR name ILIKE $2)"
    values = (reach.organization_id, containing(search))
    total = await db.fetchval(f"SELECT count(*) FROM organizations WHERE {condition}", *values)
    query = f"SELECT {COLUMNS} FROM organizations WHERE {condition} ORDER BY id LIMIT $3 OFFSET $4"
    return total, await db.fetch(query, *values, limit, offset)


async def insert(db: Executor, values: Mapping[str, object]) -> asyncpg.Record:
    """Make an organization of the given columns."""
    if stray := values.keys() - set(UPDATABLE):
        raise ValueError(f"not insertable: {sorted(stray)}")
    columns = [column for column in UPDATABLE if column in values]
    query = f"""
        INSERT INTO organizations ({", ".join(columns)})
        VALUES ({", ".join(f"${n}" for n, _ in enumerate(columns, 1))})
        RETURNING {COLUMNS}
    """
    [row] = await db.fetch(query, *[values[column] for column in columns])
    return row


async def update(
    db: Executor, reach: Reach, organization_id: int, changes: Mapping[str, object]
) -> asyncpg.Record | None:
    """Write the changed columns alone; None if that organization is out of reach."""
    if not changes:
        return await select_one(db, reach, organization_id)
    assignments, values = set_values(UPDATABLE, changes, first=3)
    query = f"""
        UPDATE organizations
           SET {assignments}
         WHERE {WITHIN_REACH}
           AND id = $2
        RETURNING {COLUMNS}
    """
    return await db.fetchrow(query, reach.organization_id, organization_id, *values)


async def select_used(db: Executor, organization_id: int) -> asyncpg.Record:
    """How many there are of what is limited, by the name of the limit."""
    counts = {limit: f"coalesce(sum({counted}), 0)::bigint" for limit, counted in LIMITS.items()}
    counts["max_tokens"] += " - expired_tokens($1)"
    sums = ", ".join(f"{count} AS {limit}" for limit, count in counts.items())
    [row] = await db.fetch(f"SELECT {sums} FROM organization_counts WHERE organization_id = $1", organization_id)
    return row


async def ensure(db: Executor, name: str) -> int:
    """The id of an organization with that name, made if there is none; twice at once within transactions make one."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('organizations', 0))")
    known = await select_ids(db, name)
    return known[0] if known else int((await insert(db, {"name": name}))["id"])


async def select_ids(db: Executor, name: str) -> list[int]:
    """The organizations with that name."""
    query = "SELECT id FROM organizations WHERE name = $1 AND deleted_at IS NULL ORDER BY id"
    return [row["id"] for row in await db.fetch(query, name)]


async def select_exists(db: Executor, organization_id: int) -> bool:
    query = "SELECT EXISTS (SELECT FROM organizations WHERE id = $1 AND deleted_at IS NULL)"
    return bool(await db.fetchval(query, organization_id))


async def select_id_of_monitor(db: Executor, smtp_monitor_public_id: UUID) -> int | None:
    query = "SELECT organization_id FROM smtp_monitors WHERE public_id = $1"
    organization_id: int | None = await db.fetchval(query, smtp_monitor_public_id)
    return organization_id


async def select_any(db: Executor) -> bool:
    """Whether there is an organization at all."""
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM organizations)"))
