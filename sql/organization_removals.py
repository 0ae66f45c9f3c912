"""The end of an organization: it is marked, then its rows are removed in small steps, and at last itself.

From the mark on, nobody logs in to it, its checks are not begun, and its alerts do not leave. Only callers with a
global role can still read what is not removed yet. Its changes of monitors and its audit go with it. That it was
deleted, by whom and what it was stays in the audit of no organization.
"""

from sql import cells, partitions, smtp_check_rollups, smtp_monitor_index, status_page_slugs
from sql.connection import Connection, Executor

STEP = 1000  # rows that a step removes at most, beside those that go with a row
# A row goes before those that it refers to. Results come after monitors: no result is stored without its monitor.
TABLES = (
    "webhooks",
    "idempotency_keys",
    "recovery_codes",
    "second_factors",
    "sessions",
    "users",
    "logins",
    "alert_attempts",
    "alerts",
    "incidents",
    "maintenance_windows",
    "status_page_messages",
    "status_page_smtp_monitors",
    "status_pages",
    "smtp_monitor_locations",
    "smtp_monitor_sightings",
    "smtp_monitor_states",
    "smtp_monitors",
    "unindexed_smtp_monitors",
    "indexed_smtp_monitors",
    "indexed_smtp_monitor_counts",
    "customer_counts",
    "customers",
    "smtp_monitor_changes",
    "events",
    "smtp_checks",
    "smtp_check_hours",
    "smtp_check_days",
    "organization_counts",
)
LOCKS = {
    "smtp_check_hours": smtp_check_rollups.try_lock,
    "smtp_check_days": smtp_check_rollups.try_lock,
    "unindexed_smtp_monitors": smtp_monitor_index.try_lock,
    "indexed_smtp_monitors": smtp_monitor_index.try_lock,
    "indexed_smtp_monitor_counts": smtp_monitor_index.try_lock,
}
PURGE = """
        SELECT purge_organization_audit(id, $2) > 0
          FROM organizations
         WHERE id = $1
           AND deleted_at IS NOT NULL
"""


async def mark(connection: Executor, organization_id: int) -> None:
    """Its users are out and it is in no list from now on. Wake the agents, which remove its rows."""
    await connection.execute("UPDATE organizations SET deleted_at = now() WHERE id = $1", organization_id)
    await connection.execute("SELECT pg_notify('agents', 'retention')")


async def select_marked(db: Executor) -> list[int]:
    return [row["id"] for row in await db.fetch("SELECT id FROM organizations WHERE deleted_at IS NOT NULL")]


async def step(connection: Connection, *, organization_id: int, directory: Executor | None = None) -> bool:
    """Remove some rows, in a transaction; whether there are others. Locked rows are left to a later step.

    At last the *directory* forgets its users' addresses and its slugs; None if *connection* is to the directory. While
    the directory is away, the organization stays marked, and the last step is taken again. Where it lived stays known:
    whatever named it is looked for there, and not found, instead of where it had moved away from.
    """
    if await _remove(connection, organization_id):
        return True
    # Whoever makes something in it holds this row, so that nothing comes after the last look.
    await connection.execute("SELECT FROM organizations WHERE id = $1 FOR UPDATE", organization_id)
    if await _remove(connection, organization_id):
        return True
    await cells.delete_remote_logins(directory or connection, organization_id)
    await status_page_slugs.keep_only(directory or connection, organization_id, [])
    await connection.execute("DELETE FROM organizations WHERE id = $1 AND deleted_at IS NOT NULL", organization_id)
    return False


async def step_departed(connection: Connection, *, organization_id: int) -> bool:
    """Remove some rows of one that lives in another cell, in a transaction; whether there are others.

    Nobody is told of anything, and nothing is recorded: to its users, nothing has changed.
    """
    audit = "SELECT purge_organization_audit($1, $2) > 0"
    if await _remove(connection, organization_id, audit):
        return True
    await connection.execute("DELETE FROM organizations WHERE id = $1", organization_id)
    return False


async def _remove(connection: Connection, organization_id: int, purge: str = PURGE) -> bool:
    """Remove rows of the first table that has any; whether one had."""
    for table in TABLES:
        exists = f"SELECT EXISTS (SELECT FROM {table} WHERE organization_id = $1)"
        if await connection.fetchval(exists, organization_id):
            await _remove_from(connection, table, organization_id)
            return True
    return bool(await connection.fetchval(purge, organization_id, STEP))


async def _remove_from(connection: Connection, table: str, organization_id: int) -> None:
    parts = [table]
    if table in partitions.TABLES:
        parts = list((await partitions.select(connection, table)).values())
    # Whoever else writes these may be about to add some. A later step comes after it.
    if table in LOCKS and not await LOCKS[table](connection):
        return
    room = STEP
    for part in parts:
        query = f"""
            DELETE FROM {part}
             WHERE ctid = ANY(ARRAY(SELECT ctid
                                      FROM {part}
                                     WHERE organization_id = $1
                                     LIMIT $2
                                       FOR UPDATE SKIP LOCKED))
        """
        tag = await connection.execute(query, organization_id, room)
        room -= int(tag.removeprefix("DELETE "))
