from datetime import datetime
from uuid import UUID

import asyncpg

from sql.connection import Executor


async def insert(
    db: Executor,
    organization_id: int,
    session_id: UUID,
    *,
    user_id: int,
    password_hash: str,
    expires_at: datetime,
    name: str | None = None,
) -> bool:
    """Make a session; False if the user has another password by now, or is not active."""
    query = """
        INSERT INTO sessions (organization_id, id, user_id, expires_at, name)
        SELECT organization_id, $2, u.id, $5, $6
          FROM users u
          JOIN logins l USING (organization_id, email)
         WHERE organization_id = $1
           AND u.id = $3
           AND u.active
           AND l.password_hash = $4
           FOR SHARE OF l
        RETURNING id
    """
    values = (organization_id, session_id, user_id, password_hash, expires_at, name)
    return await db.fetchval(query, *values) is not None


async def select_caller(
    db: Executor, organization_id: int, session_id: UUID, *, idle_minutes: int
) -> asyncpg.Record | None:
    """The active user behind an unexpired session, with the roles it has now, and what a token is limited to.

    None for a log-in that was not used for so long; 0 is no limit.
    """
    query = """
        SELECT s.id AS session_id, s.created_at AS opened_at, s.expires_at,
               s.name AS token_name, s.customer_id AS token_customer_id,
               u.organization_id, u.id, u.email, u.name, u.role, u.global_role, u.customer_ids,
               o.require_two_factor, f.confirmed_at IS NOT NULL AS enrolled
          FROM sessions s
          JOIN organizations o ON o.id = s.organization_id
          JOIN users u ON u.organization_id = s.organization_id AND u.id = s.user_id
          LEFT JOIN second_factors f ON f.organization_id = s.organization_id AND f.user_id = s.user_id
         WHERE s.organization_id = $1
           AND s.id = $2
           AND s.expires_at > now()
           AND ($3 = 0
                OR s.name IS NOT NULL
                OR coalesce(s.last_used_at, s.created_at) > now() - make_interval(mins => $3))
           AND u.active
           AND o.deleted_at IS NULL
           AND NOT EXISTS (SELECT FROM departures d WHERE d.organization_id = o.id AND d.departed)
    """
    return await db.fetchrow(query, organization_id, session_id, idle_minutes)


async def delete(db: Executor, organization_id: int, session_id: UUID) -> None:
    query = """
        DELETE FROM sessions
         WHERE organization_id = $1
           AND id = $2
    """
    await db.execute(query, organization_id, session_id)


async def delete_others(db: Executor, organization_id: int, user_id: int, *, keep: UUID | None = None) -> None:
    """End every session and token of a user but the one to *keep*."""
    query = """
        DELETE FROM sessions
         WHERE organization_id = $1
           AND user_id = $2
           AND id IS DISTINCT FROM $3
    """
    await db.execute(query, organization_id, user_id, keep)
