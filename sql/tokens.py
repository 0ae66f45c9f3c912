"""API tokens: the sessions that have a name."""

from collections.abc import Mapping
from datetime import UTC, datetime
from operator import itemgetter
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import REFUSED, within_reach

NEVER = datetime(9999, 12, 31, tzinfo=UTC)  # when a token without an end expires
COLUMNS = "s.organization_id, s.id, s.user_id, s.name, s.customer_id, s.created_at, s.expires_at, s.last_used_at"
WITHIN_REACH = within_reach("s.organization_id")
ORDER = itemgetter("organization_id", "created_at", "id")  # of select_page, for rows of several databases


async def insert(
    connection: Executor,
    organization_id: int,
    token_id: UUID,
    *,
    email: str,
    session_id: UUID,
    name: str,
    customer_id: int | None,
    expires_at: datetime,
) -> asyncpg.Record | None:
    """Make a token for the user of that session; None if the session has ended meanwhile.

    This runs in a transaction. Its lock waits for a change of the password, which ends sessions.
    """
    lock = "SELECT FROM logins WHERE organization_id = $1 AND email = $2 FOR SHARE"
    await connection.fetch(lock, organization_id, email)
    query = f"""
        INSERT INTO sessions AS s (organization_id, id, user_id, name, customer_id, expires_at)
        SELECT organization_id, $2, user_id, $4, $5, $6
          FROM sessions
         WHERE organization_id = $1
           AND id = $3
        RETURNING {COLUMNS}
    """
    return await connection.fetchrow(query, organization_id, token_id, session_id, name, customer_id, expires_at)


async def select_page(
    db: Executor, reach: Reach, *, user_id: int | None, organization_id: int | None, limit: int, offset: int
) -> tuple[int, list[asyncpg.Record]]:
    """How many usable tokens match, and those on one page, oldest first."""
    condition = f"""
               s.name IS NOT NULL
           AND s.expires_at > now()
           AND {WITHIN_REACH}
           AND ($2::bigint IS NULL OR s.user_id = $2)
           AND ($3::bigint IS NULL OR s.organization_id = $3)
    """
    values = (reach.organization_id, user_id, organization_id)
    total = await db.fetchval(f"SELECT count(*) FROM sessions s WHERE {condition}", *values)
    query = f"""
        SELECT {COLUMNS}, u.email
          FROM sessions s
          JOIN users u ON u.organization_id = s.organization_id AND u.id = s.user_id
         WHERE {condition}
         ORDER BY s.organization_id, s.created_at, s.id
         LIMIT $4 OFFSET $5
    """
    return total, await db.fetch(query, *values, limit, offset)


async def select_of_customer(connection: Executor, organization_id: int, customer_id: int) -> list[asyncpg.Record]:
    """The tokens for that customer, which end with it."""
    query = f"""
        SELECT {COLUMNS}
          FROM sessions s
         WHERE s.organization_id = $1
           AND s.customer_id = $2
         ORDER BY s.created_at, s.id
    """
    return await connection.fetch(query, organization_id, customer_id)


async def select_locked(
    connection: Executor, reach: Reach, token_id: UUID, *, user_id: int | None
) -> asyncpg.Record | None:
    """The token, of that user or of anybody in reach, with its user's email and global_role."""
    query = f"""
        SELECT {COLUMNS}, u.email, u.global_role
          FROM sessions s
          JOIN users u ON u.organization_id = s.organization_id AND u.id = s.user_id
         WHERE s.name IS NOT NULL
           AND {WITHIN_REACH}
           AND s.id = $2
           AND ($3::bigint IS NULL OR s.user_id = $3)
           FOR UPDATE OF s
    """
    return await connection.fetchrow(query, reach.organization_id, token_id, user_id)


async def record_uses(db: Executor, uses: Mapping[tuple[int, UUID], datetime], *, apart_seconds: int) -> None:
    """Record when tokens were used last, unless another worker has just recorded it."""
    query = f"""
        UPDATE sessions s
           SET last_used_at = u.used_at
          FROM unnest($1::bigint[], $2::uuid[], $3::timestamptz[]) AS u (organization_id, id, used_at)
         WHERE s.organization_id = u.organization_id
           AND s.id = u.id
           AND s.organization_id NOT IN {REFUSED}
           AND (s.last_used_at IS NULL OR s.last_used_at < u.used_at - make_interval(secs => $4))
    """
    organization_ids, ids = zip(*uses, strict=True)
    await db.execute(query, organization_ids, ids, list(uses.values()), apart_seconds)
