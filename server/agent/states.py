"""Which state a monitor is in, from how its checks stand, and how states stay right where no check writes them.

``down`` is an outage that was confirmed, ``warning`` one that is not yet, or a check that had something to say. What
was not checked for three intervals is ``unknown``. A status comes before all of them where a state is read, so
``paused`` is never written (``tests/fleet/test_states.py``).
"""

from collections.abc import Iterable, Set

import asyncpg

import sql
from sql.connection import Executor
from sql.rows import Key
from sql.smtp_monitor_states import Changed

AT_ONCE = 2000  # monitors of a sweep


def state_of(row: asyncpg.Record, *, down: bool) -> str:
    """The state of a monitor by a row of ``select_standings``; *down* if it has an open incident."""
    if row["in_window"]:
        return "maintenance"
    if down:
        return "down"
    if not row["codes"]:
        return "unknown"
    return "warning" if row["warned"] or any(row["failures"]) else "up"


async def write(db: Executor, rows: Iterable[asyncpg.Record], down: Set[Key]) -> None:
    """Write the states of monitors that have changed. Their rows are locked; those *down* have an open incident."""
    changed = []
    for row in rows:
        key = Key(row["organization_id"], row["smtp_monitor_id"])
        state = state_of(row, down=key in down)
        if state != row["state"]:
            changed.append(Changed(key.organization_id, key.id, state))
    if changed:
        await sql.smtp_monitor_states.write(db, changed)


async def sweep(db: Executor, *, stale: bool) -> None:
    """Put outdated states right; with *stale* also those of monitors that nobody checks any more."""
    keys = await sql.smtp_monitor_states.lock_outdated(db, limit=AT_ONCE)
    if stale:
        keys += await sql.smtp_monitor_states.lock_stale(db, limit=AT_ONCE)
    if keys:
        rows = await sql.incidents.select_standings(db, list(dict.fromkeys(keys)))
        down = {Key(row["organization_id"], row["smtp_monitor_id"]) for row in rows if row["incident_id"] is not None}
        await write(db, rows, down)
