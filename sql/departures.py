"""Organizations that leave a cell: who may still begin something there, and whose rows its rows are.

One that is about to leave has a row here that counts only while the session of the move lasts (``sql/fences.py`` has
more of that session's locks). One that has departed has a row that counts for good.
"""

import asyncpg

from sql.connection import Connection, Executor

LOCK_MILLISECONDS = 100  # that others wait for us, while we wait for a lock


def is_refusal(error: BaseException) -> bool:
    """Whether a write was refused because its organization has departed."""
    return isinstance(error, asyncpg.LockNotAvailableError) and error.constraint_name == "departures"


async def lease(connection: Connection, seconds: int) -> None:
    """The session ends, and its locks with it, if it has no statement for so long; 0 is never."""
    query = f"""
        SET idle_session_timeout = '{seconds}s';
        SET idle_in_transaction_session_timeout = '{seconds}s';
        SET client_connection_check_interval = '{seconds}s'
    """
    await connection.execute(query)


async def renew(db: Executor) -> None:
    """Any statement does it."""
    await db.execute("SELECT")


async def begin(connection: Connection, organization_id: int) -> str | None:
    """From now on no check and no alert of it is begun here; tables, if somebody holds them.

    It holds until this connection ends: whoever begins some looks whether he can share the lock of the connection. The
    locks of tables are held for a moment. They wait for whoever has begun some without seeing this.
    """
    query = f"""
        SELECT pg_advisory_lock(hashtextextended('departing', {organization_id}));
        LOCK TABLE smtp_monitor_locations, alerts IN SHARE ROW EXCLUSIVE MODE;
        INSERT INTO departures (organization_id, departed)
        VALUES ({organization_id}, false)
            ON CONFLICT (organization_id) DO UPDATE SET departed = false
    """
    return None if await briefly(connection, query) else "smtp_monitor_locations or alerts"


async def return_home(db: Executor, organization_id: int) -> None:
    """What this cell has of the organization is its own again; it may still be about to leave."""
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


async def briefly(connection: Connection, statements: str) -> bool:
    """Run them in a transaction of their own, unless somebody holds what they need."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}; {statements}")
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
        return False
    return True
