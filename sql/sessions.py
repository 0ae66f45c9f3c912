from datetime import datetime
from uuid import UUID

import asyncpg

from sql.connection import Executor


async def insert(db: Executor, organization_id: int, session_id: UUID, *, user_id: int, expires_at: datetime) -> None:
    query = """
        INSERT INTO sessions (organization_id, id, user_id, expires_at)
        VALUES ($1, $2, $3, $4)
    """
    await db.execute(query, organization_id, session_id, user_id, expires_at)


async def select_caller(db: Executor, organization_id: int, session_id: UUID) -> asyncpg.Record | None:
    """The active user behind an unexpired session, with the roles it has now."""
    query = """
        SELECT s.id AS session_id, s.expires_at, u.organization_id, u.id, u.email, u.name,
               u.role, u.global_role, u.customer_ids
          FROM sessions s
          JOIN users u ON u.organization_id = s.organization_id AND u.id = s.user_id
         WHERE s.organization_id = $1
           AND s.id = $2
           AND s.expires_at > now()
           AND u.active
    """
    return await db.fetchrow(query, organization_id, session_id)


async def delete(db: Executor, organization_id: int, session_id: UUID) -> None:
    query = """
        DELETE FROM sessions
         WHERE organization_id = $1
           AND id = $2
    """
    await db.execute(query, organization_id, session_id)


async def delete_expired(db: Executor, organization_id: int) -> None:
    """Drop an organization's sessions that nobody can use any more."""
    query = """
        DELETE FROM sessions
         WHERE organization_id = $1
           AND expires_at < now()
    """
    await db.execute(query, organization_id)
