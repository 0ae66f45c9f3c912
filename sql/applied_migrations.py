"""What yoyo has recorded as applied."""

import asyncpg

from sql.connection import Executor


async def select_applied(db: Executor) -> set[str]:
    """The ids of the applied migrations; none on a database that was never migrated."""
    try:
        rows = await db.fetch("SELECT migration_id FROM _yoyo_migration")
    except asyncpg.UndefinedTableError:
        return set()
    return {row["migration_id"] for row in rows}
