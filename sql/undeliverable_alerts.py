"""Alerts that nobody can deliver: no agent is configured for their channel."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from sql.alerts import GIVE_UP
from sql.connection import Executor
from sql.fragments import REFUSED

PATIENCE = timedelta(seconds=20)  # that an alert waits for an agent with its channel before it says so


async def insert_attempts(db: Executor, channels: Sequence[str]) -> list[asyncpg.Record]:
    """Say once of each alert over *channels*, as attempt 0, that no agent has its channel; how many of which.

    An agent that starts again is away for some seconds: younger alerts wait for it.
    """
    query = f"""
        WITH told AS (
            INSERT INTO alert_attempts (organization_id, alert_id, number, delivered, detail)
            SELECT organization_id, id, 0, false, channel
              FROM alerts a
             WHERE state = 'pending'
               AND attempts = 0
               AND channel = ANY($1)
               AND organization_id NOT IN {REFUSED}
               AND created_at < now() - $2::interval
               AND NOT EXISTS (SELECT FROM agents WHERE channels IS NULL OR a.channel = ANY(channels))
               AND NOT EXISTS (SELECT
                                 FROM alert_attempts t
                                WHERE t.organization_id = a.organization_id
                                  AND t.alert_id = a.id)
                ON CONFLICT DO NOTHING
            RETURNING detail
        )
        SELECT detail AS channel, count(*) AS alerts
          FROM told
         GROUP BY detail
    """
    return await db.fetch(query, channels, PATIENCE)


async def give_up(db: Executor) -> None:
    """Give up alerts that nobody has tried for a day."""
    query = f"""
        UPDATE alerts
           SET state = 'given_up', ended_at = now()
         WHERE state = 'pending'
           AND organization_id NOT IN {REFUSED}
           AND next_attempt_at < now() - $1::interval
    """
    await db.execute(query, GIVE_UP)
