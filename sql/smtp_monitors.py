"""Monitors. Every statement names the organization. A monitor out of reach is treated as absent."""

from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

import asyncpg

from sql import organizations
from sql.batches import Batcher
from sql.connection import Executor, Reach
from sql.smtp_monitor_lookups import Lookup
from sql.smtp_monitor_patches import Change
from sql.smtp_monitor_updates import COLUMNS, ONE, PASSWORD, UPDATABLE

# of a change that keeps a password: what it is bound to
BOUND_TO = f"CASE WHEN {PASSWORD} IS NOT NULL THEN public_id END"


async def select_one(db: Executor, reads: Batcher[Lookup], reach: Reach, public_id: UUID) -> asyncpg.Record | None:
    organization_id = await _organization_id(db, reach, public_id)
    if organization_id is None:
        return None
    return await reads.submit(Lookup(organization_id, public_id, reach.customer_ids))


async def delete(
    db: Executor,
    reach: Reach,
    public_id: UUID,
    *,
    versions: Sequence[int] | None = None,
    change: Change | None = None,
) -> asyncpg.Record | None:
    """The monitor that is gone; None if there was none. *change* is stored, if given."""
    organization_id = await _organization_id(db, reach, public_id)
    before = ", ".join(f"'{column}', {column}" for column in UPDATABLE if column != PASSWORD)
    query = f"""
        WITH m AS (
            DELETE FROM smtp_monitors m WHERE {ONE} RETURNING *
        ), change AS (
            INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address,
                                              before, before_password, public_id)
            SELECT organization_id, id, version + 1, clock_timestamp(), $5::json, $6::text,
                   json_build_object({before}), {PASSWORD}, {BOUND_TO}
              FROM m
             WHERE $5::json IS NOT NULL
        ), event AS (
            INSERT INTO events (organization_id, kind, smtp_monitor_ids, versions, public_id, customer_id)
            SELECT organization_id, 'change', ARRAY[id], ARRAY[version + 1], public_id, customer_id
              FROM m
             WHERE $5::json IS NOT NULL
        )
        SELECT {COLUMNS}
          FROM m
    """
    kept = (None, None) if change is None else (change.actor, change.address)
    return await db.fetchrow(query, organization_id, public_id, reach.customer_ids, versions, *kept)


async def insert(
    db: Executor,
    organization_id: int,
    customer_id: int,
    public_id: UUID,
    values: Mapping[str, object],
    *,
    change: Change | None = None,
) -> asyncpg.Record:
    """Make a monitor; columns that are not given have the schema's defaults. *change* is stored, if given."""
    if stray := values.keys() - UPDATABLE.keys():
        raise ValueError(f"not insertable: {sorted(stray)}")
    columns = [column for column in UPDATABLE if column in values]
    query = f"""
        WITH m AS (
            INSERT INTO smtp_monitors (organization_id, customer_id, public_id, {", ".join(columns)})
            VALUES ($1, $2, $3, {", ".join(f"${n}" for n in range(7, 7 + len(columns)))})
            RETURNING *
        ), change AS (
            INSERT INTO smtp_monitor_changes (organization_id, smtp_monitor_id, version, changed_at, actor, address,
                                              after, after_password, public_id)
            SELECT organization_id, id, version, created_at, $4::json, $5::text, $6::json, {PASSWORD}, {BOUND_TO}
              FROM m
             WHERE $4::json IS NOT NULL
        ), event AS (
            INSERT INTO events (organization_id, kind, smtp_monitor_ids, versions)
            SELECT organization_id, 'change', ARRAY[id], ARRAY[version]
              FROM m
             WHERE $4::json IS NOT NULL
        )
        SELECT {COLUMNS}
          FROM m
    """
    kept = (None, None, None) if change is None else (change.actor, change.address, change.after)
    given = [values[column] for column in columns]
    [row] = await db.fetch(query, organization_id, customer_id, public_id, *kept, *given)
    return row


async def select_passwords(db: Executor, *, not_under: bytes, batch: int) -> AsyncIterator[asyncpg.Record]:
    """Every password that was not encrypted with the key *not_under*, across organizations."""
    query = """
        SELECT organization_id, id, public_id, smtp_password
          FROM smtp_monitors
         WHERE (organization_id, id) > ($1, $2)
           AND smtp_password IS NOT NULL
           AND substr(smtp_password, 1, 4) <> $3
         ORDER BY organization_id, id
         LIMIT $4
    """
    organization_id, monitor_id = 0, 0
    while rows := await db.fetch(query, organization_id, monitor_id, not_under, batch):
        for row in rows:
            yield row
        organization_id, monitor_id = rows[-1]["organization_id"], rows[-1]["id"]


async def replace_password(db: Executor, organization_id: int, monitor_id: int, old: bytes, new: bytes) -> bool:
    """Replace a ciphertext, unless a client has changed it meanwhile."""
    query = """
        UPDATE smtp_monitors
           SET smtp_password = $4
         WHERE organization_id = $1
           AND id = $2
           AND smtp_password = $3
    """
    return await db.execute(query, organization_id, monitor_id, old, new) == "UPDATE 1"


async def _organization_id(db: Executor, reach: Reach, public_id: UUID) -> int | None:
    """The organization to name in a statement; looked up for callers who reach every organization."""
    if reach.organization_id is not None:
        return reach.organization_id
    return await organizations.select_id_of_monitor(db, public_id)
