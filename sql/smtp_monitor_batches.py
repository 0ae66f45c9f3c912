"""Many monitors at once: all of them or none."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import set_values
from sql.smtp_monitor_patches import COLUMNS, UPDATABLE

Key = tuple[int, UUID]
WITHIN_REACH = """
          FROM unnest($1::bigint[], $2::uuid[]) AS k (organization_id, public_id)
          JOIN smtp_monitors m ON m.organization_id = k.organization_id AND m.public_id = k.public_id
         WHERE ($3::bigint[] IS NULL OR m.customer_id = ANY($3))
"""


async def select_keys(db: Executor, reach: Reach, public_ids: Sequence[UUID]) -> list[Key]:
    """The organization and public id of those in reach, in the order in which rows are locked."""
    query = """
        SELECT organization_id, public_id
          FROM smtp_monitors
         WHERE ($1::bigint IS NULL OR organization_id = $1)
           AND public_id = ANY($2)
           AND ($3::bigint[] IS NULL OR customer_id = ANY($3))
         ORDER BY organization_id, public_id
    """
    rows = await db.fetch(query, reach.organization_id, public_ids, reach.customer_ids)
    return [(row["organization_id"], row["public_id"]) for row in rows]


async def select_all(db: Executor, reach: Reach, keys: Sequence[Key]) -> list[asyncpg.Record]:
    return await db.fetch(f"SELECT {COLUMNS} {WITHIN_REACH}", *_arrays(keys), reach.customer_ids)


async def update_all(
    db: Executor,
    reach: Reach,
    keys: Sequence[Key],
    changes: Mapping[str, object],
    passwords: Sequence[bytes] | None,
) -> list[asyncpg.Record]:
    """Write the changed columns of all *keys*, or of none if one of them is gone: then no row is given.

    *passwords* has the encrypted password of each; None if the changes say all about it.
    """
    assignments, values = set_values(tuple(UPDATABLE), changes, first=6)
    if passwords is not None:
        assignments += ", smtp_password = k.smtp_password"
    query = f"""
        WITH locked AS MATERIALIZED (
            SELECT m.id {WITHIN_REACH}
             ORDER BY m.organization_id, m.public_id
               FOR NO KEY UPDATE OF m
        )
        UPDATE smtp_monitors m
           SET {assignments}, version = m.version + 1, updated_at = clock_timestamp()
          FROM unnest($1::bigint[], $2::uuid[], $4::bytea[]) AS k (organization_id, public_id, smtp_password)
         WHERE (SELECT count(*) FROM locked) = $5
           AND m.organization_id = k.organization_id
           AND m.public_id = k.public_id
        RETURNING {COLUMNS}
    """
    encrypted: Sequence[bytes | None] = passwords or [None] * len(keys)
    return await db.fetch(query, *_arrays(keys), reach.customer_ids, encrypted, len(keys), *values)


def _arrays(keys: Sequence[Key]) -> tuple[list[int], list[UUID]]:
    return [organization_id for organization_id, _ in keys], [public_id for _, public_id in keys]
