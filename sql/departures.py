"""Organizations that leave a cell: who may still begin something there, and who may still write.

The fence is a trigger on every table that is copied, for the rows of one organization alone (``refuse_departed``). With
no move there is no trigger, so a PATCH pays nothing. To make the triggers takes a lock on one table after the other,
each for a moment, and they refuse nothing yet. Then one short transaction fences: it waits for the organization's own
writers, who share an advisory lock, and for nobody else's. Triggers that cannot be dropped, because somebody reads a
table for long, refuse nothing as soon as the organization is said to live here.
"""

import asyncpg

from sql import organization_moves, smtp_check_rollups
from sql.connection import Connection, Executor
from sql.organization_copies import COPIED, owner
from sql.partitions import TABLES as PARTITIONED

# Results are written with the states of their monitors, and their hours under a lock that the fence takes, too.
FENCED = tuple(table for table in COPIED if table not in (*PARTITIONED, "move_marks"))
LOCK_MILLISECONDS = 100  # that others wait for us, while we wait for a lock


def is_refusal(error: BaseException) -> bool:
    """Whether a write was refused because its organization has departed."""
    return isinstance(error, asyncpg.LockNotAvailableError) and error.constraint_name == "departures"


async def begin(connection: Connection, organization_id: int) -> str | None:
    """From now on no check and no alert of it is begun here; tables, if somebody holds them.

    The locks are held for a moment. They wait for whoever has begun some without seeing this.
    """
    query = f"""
        LOCK TABLE smtp_monitor_locations, alerts IN SHARE ROW EXCLUSIVE MODE;
        INSERT INTO departures (organization_id, departed)
        VALUES ({organization_id}, false)
            ON CONFLICT (organization_id) DO UPDATE SET departed = false
    """
    return None if await _briefly(connection, query) else "smtp_monitor_locations or alerts"


async def stop_refusing(db: Executor, organization_id: int) -> None:
    await db.execute("UPDATE departures SET departed = false WHERE organization_id = $1 AND departed", organization_id)


async def disown(db: Executor, organization_id: int) -> None:
    """What this cell has of the organization is nobody's."""
    query = """
        INSERT INTO departures (organization_id, departed)
        VALUES ($1, true)
            ON CONFLICT (organization_id) DO UPDATE SET departed = true
    """
    await db.execute(query, organization_id)


async def own(db: Executor, organization_id: int) -> None:
    await db.execute("DELETE FROM departures WHERE organization_id = $1", organization_id)


async def select_under_way(db: Executor, organization_id: int) -> tuple[int, int]:
    """Checks and alerts that somebody has begun and has not ended. Those of the dead end with their time."""
    query = """
        SELECT (SELECT count(*)
                  FROM smtp_monitor_locations
                 WHERE organization_id = $1
                   AND running_until > now()) AS checks,
               (SELECT count(*)
                  FROM alerts a
                 WHERE organization_id = $1
                   AND state = 'pending'
                   AND attempts > 0
                   AND next_attempt_at > now()
                   AND NOT EXISTS (SELECT
                                     FROM alert_attempts t
                                    WHERE t.organization_id = a.organization_id
                                      AND t.alert_id = a.id
                                      AND t.number = a.attempts)) AS alerts
    """
    [row] = await db.fetch(query, organization_id)
    return row["checks"], row["alerts"]


async def install_fence(connection: Connection, organization_id: int) -> str | None:
    """Make triggers, which refuse nothing before fence(); the table that lacks them because somebody holds it."""
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
        if not await _briefly(connection, make):
            return table
    return None


async def remove_fence(connection: Connection, organization_id: int) -> str | None:
    """Drop the triggers; the table that still has them because somebody holds it."""
    for table in await _select_tables(connection, organization_id, with_fence=True):
        insert, change = (f"{_trigger(organization_id)}_{what}" for what in ("insert", "change"))
        drop = f"DROP TRIGGER {insert} ON {table}; DROP TRIGGER {change} ON {table}"
        if not await _briefly(connection, drop):
            return table
    return None


async def fence(connection: Connection, organization_id: int) -> bool:
    """Refuse the organization's writes from now on; False if some are under way, or results are being rolled up."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
            await smtp_check_rollups.select_locked(connection)
            lock = "SELECT pg_advisory_xact_lock(hashtextextended('departures', $1))"
            await connection.execute(lock, organization_id)
            await disown(connection, organization_id)
            await organization_moves.insert_mark(connection, organization_id)
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        return False
    return True


async def insert_departed_monitors(source: Executor, organization_id: int) -> None:
    """Those that were made here: their public ids lead here, and from here on to their organization."""
    query = """
        INSERT INTO departed_smtp_monitors (public_id, organization_id)
        SELECT public_id, organization_id
          FROM smtp_monitors m
         WHERE organization_id = $1
           AND id >> 44 = (SELECT id FROM this_cell)
           AND NOT EXISTS (SELECT FROM departed_smtp_monitors d WHERE d.public_id = m.public_id)
            ON CONFLICT DO NOTHING
    """
    await source.execute(query, organization_id)


async def has_departed_monitors(db: Executor, organization_id: int) -> bool:
    """Whether the organization has lived here."""
    query = "SELECT EXISTS (SELECT FROM departed_smtp_monitors WHERE organization_id = $1)"
    return bool(await db.fetchval(query, organization_id))


async def delete_departed_monitors(db: Executor, organization_id: int) -> None:
    await db.execute("DELETE FROM departed_smtp_monitors WHERE organization_id = $1", organization_id)


async def insert_missing_locations(target: Executor, organization_id: int) -> None:
    """The schedule at locations that were made while the organization moved."""
    query = """
        WITH missing AS MATERIALIZED (
            SELECT m.id, l.id AS location_id
              FROM smtp_monitors m
             CROSS JOIN locations l
             WHERE m.organization_id = $1
            EXCEPT
            SELECT smtp_monitor_id, location_id
              FROM smtp_monitor_locations
             WHERE organization_id = $1
        )
        INSERT INTO smtp_monitor_locations (organization_id, smtp_monitor_id, location_id, grid_offset, due_at)
        SELECT m.organization_id, m.id, missing.location_id, r.grid_offset, first_due(m.check_interval, r.grid_offset)
          FROM missing
          JOIN smtp_monitors m ON m.organization_id = $1 AND m.id = missing.id
         CROSS JOIN LATERAL (SELECT random() + 0 * m.id AS grid_offset) r
            ON CONFLICT DO NOTHING
    """
    await target.execute(query, organization_id)


async def wake_agents(target: Executor) -> None:
    await target.execute("SELECT pg_notify('agents', 'alerts'), pg_notify('agents', code) FROM locations")


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


async def _briefly(connection: Connection, statements: str) -> bool:
    """Run them in a transaction of their own, unless somebody holds what they need."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}; {statements}")
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        return False
    return True
