"""The audit of administration. Events are added and read; retention alone removes them."""

from datetime import datetime

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import within_reach

NO_ORGANIZATION = 0
PURGED_AT_ONCE = 1000
COLUMNS = """
        organization_id, id, happened_at, actor_id, actor_email, token_name, address, action, resource, resource_id,
        before, after
"""


async def insert(
    db: Executor,
    organization_id: int,
    *,
    address: str,
    action: str,
    resource: str,
    actor_id: int | None = None,
    actor_email: str | None = None,
    token_name: str | None = None,
    resource_id: str | None = None,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Add an event; *before* and *after* are JSON."""
    query = """
        INSERT INTO audit_events (organization_id, actor_id, actor_email, token_name, address, action, resource,
                                  resource_id, before, after)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    """
    actor = (actor_id, actor_email, token_name, address)
    await db.execute(query, organization_id, *actor, action, resource, resource_id, before, after)


async def insert_failed_log_in(db: Executor, email: str, organization_id: int | None, *, address: str) -> None:
    """Add an event for every user that was meant, or one without an address: what nobody has may be a password."""
    query = """
        WITH meant AS (
            SELECT organization_id, id, email
              FROM users
             WHERE email = lower($1)
               AND ($2::bigint IS NULL OR organization_id = $2)
        )
        INSERT INTO audit_events (organization_id, actor_id, actor_email, address, action, resource)
        SELECT organization_id, id, email, $3, 'log_in_failed', 'session'
          FROM meant
         UNION ALL
        SELECT $4, NULL, NULL, $3, 'log_in_failed', 'session'
         WHERE NOT EXISTS (SELECT FROM meant)
    """
    await db.execute(query, email, organization_id, address, NO_ORGANIZATION)


def order(event: asyncpg.Record) -> float:
    """Of select_page, for rows of several databases: ids of different ones do not say which event is newer."""
    return -float(event["happened_at"].timestamp())


async def select_page(
    db: Executor,
    reach: Reach,
    *,
    organization_id: int | None = None,
    actor_id: int | None = None,
    actor_email: str | None = None,
    action: str | None = None,
    resource: str | None = None,
    resource_id: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many match, and those on one page, the newest first."""
    condition = f"""{within_reach("organization_id")}
           AND ($2::bigint IS NULL OR organization_id = $2)
           AND ($3::bigint IS NULL OR actor_id = $3)
           AND ($4::text IS NULL OR actor_email = $4)
           AND ($5::text IS NULL OR action = $5)
           AND ($6::text IS NULL OR resource = $6)
           AND ($7::text IS NULL OR resource_id = $7)
           AND ($8::timestamptz IS NULL OR happened_at >= $8)
           AND ($9::timestamptz IS NULL OR happened_at < $9)
    """
    what = (action, resource, resource_id, since, before)
    values = (reach.organization_id, organization_id, actor_id, actor_email, *what)
    total = await db.fetchval(f"SELECT count(*) FROM audit_events WHERE {condition}", *values)
    query = f"""
        SELECT {COLUMNS}
          FROM audit_events
         WHERE {condition}
         ORDER BY id DESC
         LIMIT $10 OFFSET $11
    """
    return total, await db.fetch(query, *values, limit, offset)


async def purge(db: Executor, *, days: int) -> bool:
    """Remove events older than that; whether there may be others."""
    query = "SELECT purge_audit_events(now() - make_interval(days => $1), $2)"
    return bool(await db.fetchval(query, days, PURGED_AT_ONCE) == PURGED_AT_ONCE)
