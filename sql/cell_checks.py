"""What a database says of itself, for an operator who looks whether it is as a cell should be."""

from collections.abc import Mapping, Sequence

import asyncpg

from sql.connection import Executor

BITS = 44  # of an id, below the number of its cell


async def select_counts(db: Executor, number: int, homes: Mapping[int, int]) -> asyncpg.Record:
    """How many organizations and monitors live in that cell. *homes* are the cells of those that were moved."""
    query = f"""
        SELECT count(DISTINCT o.id) AS organizations, coalesce(sum(c.smtp_monitors), 0)::bigint AS smtp_monitors
          FROM organizations o
          LEFT JOIN organization_counts c ON c.organization_id = o.id
         WHERE deleted_at IS NULL
           AND (o.id >> {BITS} = $1 AND o.id <> ALL($2::bigint[]) OR o.id = ANY($3::bigint[]))
    """
    here = [organization_id for organization_id, home in homes.items() if home == number]
    [row] = await db.fetch(query, number, list(homes.keys() - set(here)), here)
    return row


async def select_server(db: Executor) -> asyncpg.Record:
    """Whether it can be written to, its clock and its limits. A reserved connection is none for the servers."""
    query = """
        SELECT current_setting('transaction_read_only') = 'off' AS writable,
               extract(epoch FROM clock_timestamp())::double precision AS clock,
               current_setting('wal_level') AS wal_level,
               current_setting('max_replication_slots')::int
                   - (SELECT count(*) FROM pg_replication_slots) AS free_slots,
               current_setting('max_connections')::int
                   - current_setting('superuser_reserved_connections')::int AS max_connections
    """
    [row] = await db.fetch(query)
    return row


async def select_stray_sequences(db: Executor, number: int) -> list[str]:
    """The sequences of ids that give those of another cell, or may come to."""
    query = f"""
        SELECT objid::regclass::text AS name
          FROM pg_depend
          JOIN pg_sequence ON seqrelid = objid
         WHERE seqtypid = 'bigint'::regtype
           AND classid = 'pg_class'::regclass
           AND refclassid = 'pg_class'::regclass
           AND deptype = 'i'
           AND (coalesce(pg_sequence_last_value(objid), seqstart) >> {BITS} <> $1
                OR ($1 <> 0 AND (seqmin >> {BITS} <> $1 OR seqmax >> {BITS} <> $1)))
         ORDER BY name
    """
    return [row["name"] for row in await db.fetch(query, number)]


async def select_replication(db: Executor) -> list[str]:
    """The publications, slots and subscriptions of this database."""
    query = """
        SELECT 'publication ' || pubname AS name FROM pg_publication
        UNION ALL
        SELECT 'slot ' || slot_name FROM pg_replication_slots WHERE database = current_database()
        UNION ALL
        SELECT 'subscription ' || subname
          FROM pg_subscription
         WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         ORDER BY name
    """
    return [row["name"] for row in await db.fetch(query)]


async def select_departures(db: Executor) -> dict[int, bool]:
    """Of the organizations that are about to leave or have left, whether they have left."""
    rows = await db.fetch("SELECT organization_id, departed FROM departures ORDER BY organization_id")
    return {row["organization_id"]: row["departed"] for row in rows}


async def select_logins(db: Executor, after: tuple[int, str], limit: int) -> list[asyncpg.Record]:
    """Some logins, in the order of (organization_id, email)."""
    query = """
        SELECT organization_id, email
          FROM logins
         WHERE (organization_id, email) > ($1, $2)
         ORDER BY organization_id, email
         LIMIT $3
    """
    return await db.fetch(query, *after, limit)


async def count_unknown_logins(directory: Executor, logins: Sequence[asyncpg.Record]) -> int:
    """How many of them the directory does not lead to."""
    query = """
        SELECT count(*)
          FROM unnest($1::bigint[], $2::text[]) AS login(organization_id, email)
         WHERE NOT EXISTS (SELECT
                             FROM remote_logins r
                            WHERE r.email = login.email
                              AND r.organization_id = login.organization_id)
    """
    ids, emails = [row["organization_id"] for row in logins], [row["email"] for row in logins]
    count: int = await directory.fetchval(query, ids, emails)
    return count
