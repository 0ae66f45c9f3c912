"""Answers to creates with an Idempotency-Key, stored for a day."""

import asyncpg

from sql.connection import Executor

KEPT_HOURS = 24


async def reserve(connection: Executor, organization_id: int, user_id: int, *, key: str, fingerprint: bytes) -> bool:
    """Take the key for this transaction; False if it is in use. Waits for another transaction that has taken it."""
    query = """
        INSERT INTO idempotency_keys AS k (organization_id, user_id, key, fingerprint)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (organization_id, user_id, key)
            DO UPDATE SET fingerprint = excluded.fingerprint, answer = NULL, created_at = now()
                    WHERE k.created_at < now() - make_interval(hours => $5)
        RETURNING true
    """
    return await connection.fetchval(query, organization_id, user_id, key, fingerprint, KEPT_HOURS) is not None


async def select_one(db: Executor, organization_id: int, user_id: int, *, key: str) -> asyncpg.Record | None:
    query = """
        SELECT fingerprint, answer
          FROM idempotency_keys
         WHERE organization_id = $1
           AND user_id = $2
           AND key = $3
    """
    return await db.fetchrow(query, organization_id, user_id, key)


async def complete(connection: Executor, organization_id: int, user_id: int, *, key: str, answer: str) -> None:
    """Store the answer."""
    query = """
        UPDATE idempotency_keys
           SET answer = $4
         WHERE organization_id = $1
           AND user_id = $2
           AND key = $3
    """
    await connection.execute(query, organization_id, user_id, key, answer)
