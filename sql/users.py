from collections.abc import Sequence

import asyncpg

from sql.connection import Executor

COLUMNS = "organization_id, id, email, name, role, global_role, customer_ids, active"


async def select_login(db: Executor, email: str) -> asyncpg.Record | None:
    """The active user with that address, with its password_hash."""
    query = f"""
        SELECT {COLUMNS}, password_hash
          FROM logins
          JOIN users USING (organization_id, email)
         WHERE email = lower($1)
           AND active
    """
    return await db.fetchrow(query, email)


async def insert(
    db: Executor,
    organization_id: int,
    *,
    email: str,
    password_hash: str,
    name: str,
    role: str,
    global_role: str | None = None,
    customer_ids: Sequence[int] | None = None,
) -> int:
    """Make a user and its login; UniqueViolationError if the address is taken."""
    query = """
        WITH login AS (
            INSERT INTO logins (email, organization_id, password_hash)
            VALUES (lower($2), $1, $3)
            RETURNING organization_id, email
        )
        INSERT INTO users (organization_id, email, name, role, global_role, customer_ids)
        SELECT organization_id, email, $4, $5, $6, $7
          FROM login
        RETURNING id
    """
    [row] = await db.fetch(query, organization_id, email, password_hash, name, role, global_role, customer_ids)
    return int(row["id"])
