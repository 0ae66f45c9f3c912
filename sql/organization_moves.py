"""The move of an organization in the directory, and the mark that tells that all of it has been copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from sql.connection import Connection, Executor


@dataclass(frozen=True, slots=True)
class Mark:
    """What the source writes last, and how far it has rolled up results by then."""

    mark: UUID
    rolled_up_to: dict[str, datetime]


async def select(directory: Executor, organization_id: int) -> asyncpg.Record | None:
    query = "SELECT source_id, target_id, step FROM organization_moves WHERE organization_id = $1"
    return await directory.fetchrow(query, organization_id)


async def insert(directory: Executor, organization_id: int, source_id: int, target_id: int, step: str) -> None:
    query = """
        INSERT INTO organization_moves (organization_id, source_id, target_id, step)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
    """
    await directory.execute(query, organization_id, source_id, target_id, step)


async def set_step(directory: Executor, organization_id: int, step: str) -> None:
    await directory.execute("UPDATE organization_moves SET step = $2 WHERE organization_id = $1", organization_id, step)


async def delete(directory: Executor, organization_id: int) -> None:
    await directory.execute("DELETE FROM organization_moves WHERE organization_id = $1", organization_id)


async def try_lock(directory: Executor, organization_id: int) -> bool:
    """Whether nobody else moves it, for as long as this connection lasts."""
    query = "SELECT pg_try_advisory_lock(hashtextextended('organization move', $1))"
    return bool(await directory.fetchval(query, organization_id))


async def move_home(
    directory: Connection, organization_id: int, cell_id: int, *, made_there: bool, emails: Sequence[str]
) -> None:
    """From now on the organization lives in that cell. *emails* are those of its users."""
    async with directory.transaction():
        await directory.execute("DELETE FROM remote_logins WHERE organization_id = $1", organization_id)
        if cell_id:
            query = "INSERT INTO remote_logins (organization_id, email) SELECT $1, unnest($2::text[])"
            await directory.execute(query, organization_id, emails)
        await directory.execute("DELETE FROM organization_homes WHERE organization_id = $1", organization_id)
        if not made_there:
            query = "INSERT INTO organization_homes (organization_id, cell_id) VALUES ($1, $2)"
            await directory.execute(query, organization_id, cell_id)
        await set_step(directory, organization_id, "leaving")


async def select_emails(db: Executor, organization_id: int) -> list[str]:
    rows = await db.fetch("SELECT email FROM logins WHERE organization_id = $1", organization_id)
    return [row["email"] for row in rows]


async def insert_mark(connection: Executor, organization_id: int) -> None:
    query = """
        INSERT INTO move_marks (organization_id, mark, hours_until, days_until)
        SELECT $1, $2, max(rolled_up_to) FILTER (WHERE granularity = 'hour'),
               max(rolled_up_to) FILTER (WHERE granularity = 'day')
          FROM smtp_check_rollups
            ON CONFLICT (organization_id)
            DO UPDATE SET mark = excluded.mark, hours_until = excluded.hours_until, days_until = excluded.days_until
    """
    await connection.execute(query, organization_id, uuid4())


async def select_mark(db: Executor, organization_id: int) -> Mark | None:
    query = "SELECT mark, hours_until, days_until FROM move_marks WHERE organization_id = $1"
    row = await db.fetchrow(query, organization_id)
    return None if row is None else Mark(row["mark"], {"hour": row["hours_until"], "day": row["days_until"]})


async def delete_mark(db: Executor, organization_id: int) -> None:
    await db.execute("DELETE FROM move_marks WHERE organization_id = $1", organization_id)


async def count_others(db: Executor, application: str) -> int:
    """Connections by that name."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"
    return int(await db.fetchval(query, application))


async def set_application(db: Executor, application: str) -> None:
    await db.execute("SELECT set_config('application_name', $1, false)", application)
