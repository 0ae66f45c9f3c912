"""The fence of an organization that leaves a cell: its writes are refused, and nobody else's.

It is a trigger on every table that is copied, for the rows of one organization alone (``refuse_departed``). With no
move there is no trigger, so a PATCH pays nothing. To make the triggers takes a lock on one table after the other, each
for a moment, and they refuse nothing yet.

What refuses is an advisory lock of the session that moves the organization, so that a move that dies refuses nothing
any more. The order is this:

1. A writer shares the lock, until it commits. One that does not get it at once is refused.
2. ``close`` waits for the lock, that is for the organization's writers under way and for nobody else's. Then it writes
   a mark. All that was written comes before the mark, and nothing comes after it while the session lasts.
3. The target is seen to have the mark, and so to have everything.
4. ``seal`` writes that the organization has departed, in that very session, and only if the session has the lock. The
   lock was never free since ``close``: a session loses it by ``open_again`` or by its own end.
5. A session gives up its locks after it has committed. So a writer that gets the lock because the session has ended
   also sees whether it has sealed: the writer looks after it has got the lock.

If the session ends before 4, writes go on, and the move begins again. From 4 on they are refused for good. A session
ends with its process. It also ends if the process hangs, since the database waits for its next statement no longer than
``departures.lease`` says. No clocks are compared. Triggers that cannot be dropped, because somebody reads a table for
long, refuse nothing.
"""

import asyncpg

from sql import organization_moves, smtp_check_rollups
from sql.connection import Connection, Executor
from sql.departures import LOCK_MILLISECONDS, briefly
from sql.organization_copies import COPIED, owner
from sql.partitions import TABLES as PARTITIONED

# Results are written with the states of their monitors, and their hours under a lock that the fence takes, too.
FENCED = tuple(table for table in COPIED if table not in (*PARTITIONED, "move_marks"))
KEY = "hashtextextended('departures', $1)"


async def install(connection: Connection, organization_id: int) -> str | None:
    """Make triggers, which refuse nothing before close(); the table that lacks them because somebody holds it."""
    column_of = {table: owner(table) for table in FENCED}
    for table in await _select_tables(connection, organization_id, with_fence=False):
        insert, change = (f"{_trigger(organization_id)}_{what}" for what in ("insert", "change"))
        make = f"""
            CREATE TRIGGER {insert} BEFORE INSERT ON {table}
                FOR EACH ROW WHEN (new.{column_of[table]} = {organization_id})
                EXECUTE FUNCTION refuse_departed({organization_id});
            CREATE TRIGGER {change} BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW WHEN (old.{column_of[table]} = {organization_id})
                EXECUTE FUNCTION refuse_departed({organization_id})
        """
        if not await briefly(connection, make):
            return table
    return None


async def remove(connection: Connection, organization_id: int) -> str | None:
    """Drop the triggers; the table that still has them because somebody holds it."""
    for table in await _select_tables(connection, organization_id, with_fence=True):
        insert, change = (f"{_trigger(organization_id)}_{what}" for what in ("insert", "change"))
        drop = f"DROP TRIGGER {insert} ON {table}; DROP TRIGGER {change} ON {table}"
        if not await briefly(connection, drop):
            return table
    return None


async def close(connection: Connection, organization_id: int) -> bool:
    """Refuse the organization's writes from now on; False if some are under way, or results are being rolled up.

    They are refused until open_again(), or until the connection ends.
    """
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
            await smtp_check_rollups.select_locked(connection)
            await connection.execute(f"SELECT pg_advisory_lock({KEY})", organization_id)
            await organization_moves.insert_mark(connection, organization_id)
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        return False
    return True


async def open_again(connection: Connection, organization_id: int) -> None:
    await connection.execute(f"SELECT pg_advisory_unlock({KEY})", organization_id)


async def seal(connection: Connection, organization_id: int) -> bool:
    """The organization has departed, for good, and durably; False if this session does not refuse its writes."""
    query = f"""
        UPDATE departures
           SET departed = true
         WHERE organization_id = $1
           AND EXISTS (SELECT
                         FROM pg_locks
                        WHERE locktype = 'advisory'
                          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                          AND (classid::bigint << 32 | objid::bigint) = {KEY}
                          AND objsubid = 1
                          AND mode = 'ExclusiveLock'
                          AND granted
                          AND pid = pg_backend_pid())
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = on")
        return await connection.execute(query, organization_id) == "UPDATE 1"


async def _select_tables(db: Executor, organization_id: int, *, with_fence: bool) -> list[str]:
    query = """
        SELECT t.name
          FROM unnest($1::text[]) WITH ORDINALITY AS t (name, n)
         WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t.name::regclass AND tgname = $2) = $3
         ORDER BY n
    """
    rows = await db.fetch(query, FENCED, f"{_trigger(organization_id)}_insert", with_fence)
    return [row["name"] for row in rows]


def _trigger(organization_id: int) -> str:
    return f"departure_{organization_id}"
