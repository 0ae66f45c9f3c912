"""The copy of an organization in another cell: PostgreSQL's own logical replication of the rows of one organization.

A publication and a slot in the source, a subscription in the target, and all three of one name. The slot is made apart:
CREATE SUBSCRIPTION would wait for itself where both cells are databases of one server. Whatever the target copies fires
no triggers and checks no foreign keys there. So counts are copied as rows, and the index is built anew.
"""

from dataclasses import dataclass

import asyncpg

from sql.connection import Connection, Executor
from sql.partitions import TABLES as PARTITIONED
from sql.smtp_monitor_index import LIVE_WORDS, index_some

# every table with rows of an organization, but those of REBUILT
COPIED = (
    "organizations",
    "organization_counts",
    "customers",
    "customer_counts",
    "logins",
    "users",
    "sessions",
    "second_factors",
    "recovery_codes",
    "idempotency_keys",
    "webhooks",
    "smtp_monitors",
    "smtp_monitor_states",
    "smtp_monitor_locations",
    "smtp_monitor_sightings",
    "smtp_monitor_changes",
    "maintenance_windows",
    "status_pages",
    "status_page_smtp_monitors",
    "status_page_messages",
    "incidents",
    "alerts",
    "alert_attempts",
    "smtp_checks",
    "smtp_check_hours",
    "smtp_check_days",
    "audit_events",
    "move_marks",
)
# The queue of the index has no key: the target would read all of it for each row that leaves it. Events begin anew:
# their order is that of one database's transactions.
REBUILT = ("unindexed_smtp_monitors", "indexed_smtp_monitors", "indexed_smtp_monitor_counts", "events")
INDEXED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """How many tables are copied, and how many rows of those that are being copied now."""

    tables: int
    rows: int


def owner(table: str) -> str:
    """The column that says whose a row is."""
    return "id" if table == "organizations" else "organization_id"


async def select_name(source: Executor, organization_id: int) -> str:
    """Slots are those of a whole server, which may have several cells."""
    query = "SELECT format('move_%s_of_%s', $1::bigint, oid) FROM pg_database WHERE datname = current_database()"
    return str(await source.fetchval(query, organization_id))


async def publish(source: Executor, name: str, organization_id: int) -> None:
    if not await source.fetchval("SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = $1)", name):
        tables = ", ".join(f"{table} WHERE ({owner(table)} = {organization_id})" for table in COPIED)
        await source.execute(f"CREATE PUBLICATION {name} FOR TABLE {tables} WITH (publish_via_partition_root = true)")


async def make_slot(source: Executor, name: str) -> None:
    """Waits for every transaction under way."""
    if not await has_slot(source, name):
        await source.execute("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", name)


async def has_slot(source: Executor, name: str) -> bool:
    """Whether it is there, and the source has kept what the target lacks."""
    query = """
        SELECT EXISTS (SELECT
                         FROM pg_replication_slots
                        WHERE slot_name = $1
                          AND wal_status IS DISTINCT FROM 'lost')
    """
    return bool(await source.fetchval(query, name))


async def subscribe(target: Executor, name: str, source_url: str) -> None:
    """Begin to copy, if that has not begun."""
    if await select_subscription(target, name) is None:
        statement = "CREATE SUBSCRIPTION %I CONNECTION %L PUBLICATION %1$I WITH (create_slot = false)"
        query = f"SELECT format('{statement}', $1::text, $2::text)"
        await target.execute(await target.fetchval(query, name, source_url))


async def select_subscription(target: Executor, name: str) -> int | None:
    query = """
        SELECT s.oid
          FROM pg_subscription s
          JOIN pg_database d ON d.oid = s.subdbid
         WHERE s.subname = $1
           AND d.datname = current_database()
    """
    oid: int | None = await target.fetchval(query, name)
    return oid


async def select_progress(target: Executor, name: str) -> Progress:
    query = """
        SELECT count(*) FILTER (WHERE srsubstate = 'r') AS tables,
               (SELECT coalesce(sum(tuples_processed), 0)::bigint
                  FROM pg_stat_progress_copy
                 WHERE datname = current_database()) AS rows
          FROM pg_subscription_rel
         WHERE srsubid = $1
    """
    [row] = await target.fetch(query, await select_subscription(target, name))
    return Progress(row["tables"], row["rows"])


async def select_errors(target: Executor, name: str) -> int | None:
    """How often it has failed to copy or to follow."""
    query = "SELECT apply_error_count + sync_error_count FROM pg_stat_subscription_stats WHERE subname = $1"
    count: int | None = await target.fetchval(query, name)
    return count


async def disable(target: Executor, name: str) -> None:
    """Follow no more; can be part of a transaction."""
    if await select_subscription(target, name) is not None:
        await target.execute(f"ALTER SUBSCRIPTION {name} DISABLE")


async def drop_slots(source: Executor, name: str, subscription: int | None) -> bool:
    """Drop the slot, and those of tables that were being copied; False if one is still in use."""
    of_this = "slot_name = $1 OR starts_with(slot_name, format('pg_%s_sync_', $2::bigint))"
    query = f"SELECT {{}} FROM pg_replication_slots WHERE ({of_this}) AND {{}}"
    # a table that is being copied does not look whether its subscription is disabled
    end, drop = "pg_terminate_backend(active_pid)", "pg_drop_replication_slot(slot_name)"
    await source.execute(query.format(end, "active"), name, subscription)
    try:
        await source.execute(query.format(drop, "true"), name, subscription)
    except (asyncpg.ObjectInUseError, asyncpg.UndefinedObjectError):
        return False
    return True


async def drop_subscription(target: Executor, name: str) -> None:
    """Of which the source knows nothing any more."""
    if await select_subscription(target, name) is not None:
        await target.execute(f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)")
        await target.execute(f"DROP SUBSCRIPTION {name}")


async def drop_publication(source: Executor, name: str) -> None:
    await source.execute(f"DROP PUBLICATION IF EXISTS {name}")


async def queue_for_index(target: Executor, organization_id: int) -> None:
    """Have those monitors indexed of which the index says something else, or nothing."""
    query = f"""
        INSERT INTO unindexed_smtp_monitors (organization_id, smtp_monitor_id)
        SELECT $1, id
          FROM (SELECT * FROM smtp_monitors WHERE organization_id = $1) m
          FULL JOIN (SELECT * FROM indexed_smtp_monitors WHERE organization_id = $1) i USING (id)
          LEFT JOIN (SELECT * FROM smtp_monitor_states WHERE organization_id = $1) s ON s.smtp_monitor_id = m.id
         WHERE (m.customer_id, m.status, {LIVE_WORDS}, state_of(m.status, s.state))
               IS DISTINCT FROM (i.customer_id, i.status, i.words, i.state)
    """
    await target.execute(query, organization_id)


async def index_step(target: Connection, organization_id: int) -> bool:
    """Index some monitors; whether there are others of the organization in the queue."""
    async with target.transaction():
        await index_some(target, INDEXED_AT_ONCE)
    query = "SELECT EXISTS (SELECT FROM unindexed_smtp_monitors WHERE organization_id = $1)"
    return bool(await target.fetchval(query, organization_id))


async def analyze(target: Executor) -> None:
    """Without the sizes of what has come, a statement of milliseconds took three seconds."""
    tables = ", ".join(table for table in (*COPIED, *REBUILT) if table not in PARTITIONED)
    await target.execute(f"ANALYZE {tables}")


async def find_rows(target: Executor, organization_id: int) -> str | None:
    """A table that has rows of the organization."""
    for table in (*COPIED, *REBUILT):
        query = f"SELECT EXISTS (SELECT FROM {table} WHERE {owner(table)} = $1)"
        if await target.fetchval(query, organization_id):
            return table
    return None


async def count_rows(target: Executor, organization_id: int) -> int:
    queries = [f"(SELECT count(*) FROM {table} WHERE {owner(table)} = $1)" for table in COPIED]
    return int(await target.fetchval(f"SELECT {' + '.join(queries)}", organization_id))
