"""Agents at work. An agent that is not seen any more is dead. Its checks are given to the others."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sql.connection import Executor
from sql.fragments import REFUSED

# An agent shows itself several times in this. After a start of the database, every agent gets this time anew.
DEAD_AFTER = timedelta(seconds=6)


async def upsert(db: Executor, agent_id: UUID, location_id: int, channels: Sequence[str] | None) -> None:
    """Record that the agent lives, and which channels it delivers alerts over."""
    query = """
        INSERT INTO agents (id, location_id, channels)
        VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET seen_at = now(), channels = excluded.channels
    """
    await db.execute(query, agent_id, location_id, channels)


async def delete(db: Executor, agent_id: UUID) -> None:
    await db.execute("DELETE FROM agents WHERE id = $1", agent_id)


async def bury(db: Executor) -> None:
    """Delete dead agents. The checks that they had begun are due at once, and other agents are woken for them."""
    query = f"""
        WITH dead AS (
            DELETE FROM agents
             WHERE seen_at < now() - $1::interval
               AND pg_postmaster_start_time() < now() - $1::interval
            RETURNING id, location_id
        ), due AS (
            UPDATE smtp_monitor_locations l
               SET due_at = now(), slot = NULL, running_until = NULL
              FROM dead d
             WHERE l.location_id = d.location_id
               AND l.running_by = d.id
               AND l.running_until IS NOT NULL
               AND l.organization_id NOT IN {REFUSED}
        )
        SELECT pg_notify('agents', code)
          FROM locations
         WHERE id IN (SELECT location_id FROM dead)
    """
    await db.fetch(query, DEAD_AFTER)
