"""Second factors of users, and the recovery codes beside them."""

from collections.abc import AsyncIterator, Sequence

import asyncpg

from sql.connection import Executor


async def select_one(db: Executor, organization_id: int, user_id: int) -> asyncpg.Record | None:
    """The user's factor, confirmed or not, and how many recovery codes are left."""
    query = """
        SELECT secret, confirmed_at,
               (SELECT count(*) FROM recovery_codes WHERE organization_id = $1 AND user_id = $2) AS codes_left
          FROM second_factors
         WHERE organization_id = $1
           AND user_id = $2
    """
    return await db.fetchrow(query, organization_id, user_id)


async def begin(db: Executor, organization_id: int, user_id: int, secret: bytes) -> bool:
    """Set a secret that is still to be confirmed; False if the user has a confirmed one."""
    query = """
        INSERT INTO second_factors AS f (organization_id, user_id, secret)
        VALUES ($1, $2, $3)
            ON CONFLICT (organization_id, user_id) DO UPDATE SET secret = excluded.secret, last_step = 0
         WHERE f.confirmed_at IS NULL
        RETURNING user_id
    """
    return await db.fetchval(query, organization_id, user_id, secret) is not None


async def confirm(
    connection: Executor, organization_id: int, user_id: int, *, step: int, code_hashes: Sequence[bytes]
) -> bool:
    """Let the factor count from now on, with new recovery codes; False if it did already."""
    query = """
        UPDATE second_factors
           SET confirmed_at = now(), last_step = $3
         WHERE organization_id = $1
           AND user_id = $2
           AND confirmed_at IS NULL
        RETURNING user_id
    """
    if await connection.fetchval(query, organization_id, user_id, step) is None:
        return False
    query = "INSERT INTO recovery_codes (organization_id, user_id, code_hash) SELECT $1, $2, unnest($3::bytea[])"
    await connection.execute(query, organization_id, user_id, code_hashes)
    return True


async def use_step(db: Executor, organization_id: int, user_id: int, step: int) -> bool:
    """Whether a code of that step may be used: none is used twice, and none before one that was used."""
    query = """
        UPDATE second_factors
           SET last_step = $3
         WHERE organization_id = $1
           AND user_id = $2
           AND last_step < $3
        RETURNING user_id
    """
    return await db.fetchval(query, organization_id, user_id, step) is not None


async def use_recovery_code(db: Executor, organization_id: int, user_id: int, code_hash: bytes) -> bool:
    """Whether there was such a code, which is used up now."""
    query = """
        DELETE FROM recovery_codes
         WHERE organization_id = $1
           AND user_id = $2
           AND code_hash = $3
        RETURNING user_id
    """
    return await db.fetchval(query, organization_id, user_id, code_hash) is not None


async def delete(db: Executor, organization_id: int, user_id: int) -> bool:
    """Remove the user's factor and codes; whether there was a confirmed one."""
    query = """
        DELETE FROM second_factors
         WHERE organization_id = $1
           AND user_id = $2
        RETURNING confirmed_at IS NOT NULL
    """
    return bool(await db.fetchval(query, organization_id, user_id))


async def select_secrets(db: Executor, *, not_under: bytes, batch: int) -> AsyncIterator[asyncpg.Record]:
    """Every secret whose key id is not *not_under*, across organizations."""
    query = """
        SELECT organization_id, user_id, secret
          FROM second_factors
         WHERE (organization_id, user_id) > ($1, $2)
           AND substr(secret, 1, 4) <> $3
         ORDER BY organization_id, user_id
         LIMIT $4
    """
    last = (0, 0)
    while rows := await db.fetch(query, *last, not_under, batch):
        for row in rows:
            yield row
        last = (rows[-1]["organization_id"], rows[-1]["user_id"])


async def replace_secret(db: Executor, organization_id: int, user_id: int, old: bytes, new: bytes) -> bool:
    """Swap one ciphertext for another, unless the user has a new secret since."""
    query = """
        UPDATE second_factors
           SET secret = $4
         WHERE organization_id = $1
           AND user_id = $2
           AND secret = $3
    """
    return await db.execute(query, organization_id, user_id, old, new) == "UPDATE 1"
