"""Users and their logins. Changes of an organization's users hold the lock of select_locked()."""

from collections.abc import Mapping, Sequence
from operator import itemgetter

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import containing, set_values, within_reach

COLUMNS = "organization_id, id, email, name, role, global_role, customer_ids, active, created_at"
UPDATABLE = ("name", "role", "global_role", "customer_ids", "active")
WITHIN_REACH = within_reach("organization_id")
ORDER = itemgetter("organization_id", "id")  # of select_page, for rows of several databases


async def select_logins(db: Executor, email: str, organization_id: int | None = None) -> list[asyncpg.Record]:
    """The active users with that address, of that organization or of all, each with its password_hash."""
    query = f"""
        SELECT {COLUMNS}, password_hash
          FROM logins
          JOIN users USING (organization_id, email)
         WHERE email = lower($1)
           AND ($2::bigint IS NULL OR organization_id = $2)
           AND active
           AND NOT EXISTS (SELECT FROM organizations o WHERE o.id = organization_id AND o.deleted_at IS NOT NULL)
         ORDER BY organization_id
    """
    return await db.fetch(query, email, organization_id)


async def select_login(db: Executor, email: str, organization_id: int | None = None) -> asyncpg.Record | None:
    """The first of them."""
    rows = await select_logins(db, email, organization_id)
    return rows[0] if rows else None


async def select_with_address(db: Executor, email: str, organization_id: int | None = None) -> list[asyncpg.Record]:
    """The users with that address, active or not, of that organization or of all."""
    query = f"""
        SELECT {COLUMNS}
          FROM users
         WHERE email = lower($1)
           AND ($2::bigint IS NULL OR organization_id = $2)
         ORDER BY organization_id
    """
    return await db.fetch(query, email, organization_id)


async def select_hash(db: Executor, email: str) -> str | None:
    """The password's hash of an account with that address, of whichever organization."""
    query = "SELECT password_hash FROM logins WHERE email = lower($1) ORDER BY organization_id LIMIT 1"
    password_hash: str | None = await db.fetchval(query, email)
    return password_hash


async def select_one(db: Executor, reach: Reach, user_id: int) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} FROM users WHERE {WITHIN_REACH} AND id = $2"
    return await db.fetchrow(query, reach.organization_id, user_id)


async def select_page(
    db: Executor,
    reach: Reach,
    *,
    organization_id: int | None = None,
    search: str | None = None,
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many match, and those on one page, oldest first."""
    condition = f"""
               {WITHIN_REACH}
           AND ($2::bigint IS NULL OR organization_id = $2)
           AND ($3::text IS NULL OR email ILIKE $3 OR name ILIKE $3)
    """
    values = (reach.organization_id, organization_id, containing(search))
    total = await db.fetchval(f"SELECT count(*) FROM users WHERE {condition}", *values)
    query = f"SELECT {COLUMNS} FROM users WHERE {condition} ORDER BY organization_id, id LIMIT $4 OFFSET $5"
    return total, await db.fetch(query, *values, limit, offset)


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
) -> asyncpg.Record:
    """Make a user and its login; UniqueViolationError if the organization has one with that address."""
    query = f"""
        WITH login AS (
            INSERT INTO logins (email, organization_id, password_hash)
            VALUES (lower($2), $1, $3)
            RETURNING organization_id, email
        )
        INSERT INTO users (organization_id, email, name, role, global_role, customer_ids)
        SELECT organization_id, email, $4, $5, $6, $7
          FROM login
        RETURNING {COLUMNS}
    """
    [row] = await db.fetch(query, organization_id, email, password_hash, name, role, global_role, customer_ids)
    return row


async def select_locked(connection: Executor, reach: Reach, user_id: int) -> asyncpg.Record | None:
    """The user, with all users of its organization locked against other changes."""
    lock = f"""
        SELECT o.id
          FROM users u
          JOIN organizations o ON o.id = u.organization_id
         WHERE {within_reach("u.organization_id")}
           AND u.id = $2
           FOR NO KEY UPDATE OF o
    """
    await connection.fetch(lock, reach.organization_id, user_id)
    return await select_one(connection, reach, user_id)  # as it is now that the lock is held


async def update(
    connection: Executor, organization_id: int, user_id: int, changes: Mapping[str, object]
) -> asyncpg.Record:
    """Write the changed columns of a locked user alone."""
    if not changes:
        [row] = await connection.fetch(
            f"SELECT {COLUMNS} FROM users WHERE organization_id = $1 AND id = $2", organization_id, user_id
        )
        return row
    assignments, values = set_values(UPDATABLE, changes, first=3)
    query = f"""
        UPDATE users
           SET {assignments}
         WHERE organization_id = $1
           AND id = $2
        RETURNING {COLUMNS}
    """
    [row] = await connection.fetch(query, organization_id, user_id, *values)
    return row


async def replace_password(connection: Executor, organization_id: int, email: str, password_hash: str) -> None:
    """To be called before sessions are ended: a log-in with the old password then fails, or its session is seen."""
    query = "UPDATE logins SET password_hash = $3 WHERE organization_id = $1 AND email = $2"
    await connection.execute(query, organization_id, email, password_hash)


async def delete(connection: Executor, organization_id: int, email: str) -> None:
    """Remove a login, and with it the user, its sessions and tokens."""
    await connection.execute("DELETE FROM logins WHERE organization_id = $1 AND email = $2", organization_id, email)


async def has_administrator(connection: Executor, organization_id: int) -> bool:
    """Whether somebody is left who may administer the organization."""
    query = """
        SELECT EXISTS (
            SELECT
              FROM users
             WHERE organization_id = $1
               AND active
               AND role = 'admin'
               AND customer_ids IS NULL
               AND global_role IS DISTINCT FROM 'supporter'
        )
    """
    return bool(await connection.fetchval(query, organization_id))
