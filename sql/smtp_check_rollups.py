"""Hours and days of results, for charts. Those that are over are rolled up; younger results are read as they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from sql.connection import Connection, Executor, Reach
from sql.fragments import REFUSED, within_reach

PHASES = ("dns", "connect", "tls", "greeting", "ehlo", "starttls", "auth", "mail", "quit")
SUMS = ", ".join(f"{phase}_ms_sum" for phase in PHASES)
SUMS_OF_CHECKS = ", ".join(f"sum({phase}_ms) FILTER (WHERE verdict <> 'failure')" for phase in PHASES)
SUMS_OF_SUMS = ", ".join(f"sum({phase}_ms_sum) AS {phase}_ms_sum" for phase in PHASES)
# those of one organization, or of all that live here
WHOSE = f"(organization_id = $3 OR ($3::bigint IS NULL AND organization_id NOT IN {REFUSED}))"
# An hour is rolled up when its last results should be in, and again with the next hour, for results that came late.
HOUR = f"""
        INSERT INTO smtp_check_hours AS r (organization_id, smtp_monitor_id, starts_at, checks, failures, warnings,
                                           answered, total_ms_sum, total_ms_min, total_ms_max, {SUMS})
        SELECT organization_id, smtp_monitor_id, date_trunc('hour', checked_at, 'UTC'),
               count(*),
               count(*) FILTER (WHERE verdict = 'failure'),
               count(*) FILTER (WHERE verdict = 'warning'),
               count(*) FILTER (WHERE verdict <> 'failure'),
               coalesce(sum(total_ms) FILTER (WHERE verdict <> 'failure'), 0),
               min(total_ms) FILTER (WHERE verdict <> 'failure'),
               max(total_ms) FILTER (WHERE verdict <> 'failure'),
               {SUMS_OF_CHECKS}
          FROM smtp_checks
         WHERE checked_at >= $1
           AND checked_at < $2
           AND {WHOSE}
         GROUP BY 1, 2, 3
"""
DAY = f"""
        INSERT INTO smtp_check_days AS r (organization_id, smtp_monitor_id, starts_at, checks, failures, warnings,
                                          answered, total_ms_sum, total_ms_min, total_ms_max, {SUMS})
        SELECT organization_id, smtp_monitor_id, date_trunc('day', starts_at, 'UTC'),
               sum(checks), sum(failures), sum(warnings), sum(answered),
               sum(total_ms_sum), min(total_ms_min), max(total_ms_max), {SUMS_OF_SUMS}
          FROM smtp_check_hours
         WHERE starts_at >= $1
           AND starts_at < $2
           AND {WHOSE}
         GROUP BY 1, 2, 3
"""
REPLACE = f"""
            ON CONFLICT (organization_id, smtp_monitor_id, starts_at)
            DO UPDATE SET checks = excluded.checks, failures = excluded.failures, warnings = excluded.warnings,
                          answered = excluded.answered, total_ms_sum = excluded.total_ms_sum,
                          total_ms_min = excluded.total_ms_min, total_ms_max = excluded.total_ms_max,
                          {", ".join(f"{phase}_ms_sum = excluded.{phase}_ms_sum" for phase in PHASES)}
"""
SPAN = """
        SELECT rolled_up_to - ('1 ' || granularity)::interval AS since,
               date_trunc(granularity,
                          CASE granularity
                               WHEN 'hour' THEN now() - interval '5 minutes'
                               ELSE (SELECT rolled_up_to FROM smtp_check_rollups WHERE granularity = 'hour')
                          END, 'UTC') AS until,
               rolled_up_to
          FROM smtp_check_rollups
         WHERE granularity = $1
           FOR UPDATE SKIP LOCKED
"""
SECONDS = 600
GRANULARITIES = {"hour": HOUR, "day": DAY}


async def roll_up(connection: Connection) -> None:
    """Roll up the hours and days that are over, unless another agent is at it."""
    for granularity, query in GRANULARITIES.items():
        async with connection.transaction():
            span = await connection.fetchrow(SPAN, granularity)
            if span is None or span["until"] <= span["rolled_up_to"]:
                continue
            await connection.execute(query + REPLACE, span["since"], span["until"], None, timeout=SECONDS)
            done = "UPDATE smtp_check_rollups SET rolled_up_to = $2 WHERE granularity = $1"
            await connection.execute(done, granularity, span["until"])


async def try_lock(connection: Executor) -> bool:
    """Whether nobody rolls up now, until this transaction ends."""
    free = await connection.fetch("SELECT FROM smtp_check_rollups FOR UPDATE SKIP LOCKED")
    return len(free) == len(GRANULARITIES)


async def select_locked(connection: Executor) -> dict[str, datetime]:
    """How far hours and days are rolled up, and stay so until this transaction ends."""
    rows = await connection.fetch("SELECT granularity, rolled_up_to FROM smtp_check_rollups ORDER BY 1 FOR UPDATE")
    return {row["granularity"]: row["rolled_up_to"] for row in rows}


async def roll_up_one(connection: Connection, organization_id: int, rolled_up_to: Mapping[str, datetime]) -> None:
    """Roll up an organization that has come, and whose results were rolled up to other times where it was."""
    async with connection.transaction():
        until = await select_locked(connection)
        for granularity, query in GRANULARITIES.items():
            if until[granularity] > rolled_up_to[granularity]:
                since = rolled_up_to[granularity] - timedelta(**{f"{granularity}s": 1})
                await connection.execute(query + REPLACE, since, until[granularity], organization_id, timeout=SECONDS)


BINS = {"minutes": timedelta(minutes=10), "hour": timedelta(hours=1), "day": timedelta(days=1)}
FIGURES = f"checks, failures, warnings, answered, total_ms_sum, total_ms_min, total_ms_max, {SUMS}"
SERIES = f"""
        WITH hours AS (
            SELECT starts_at, {FIGURES}
              FROM smtp_check_hours
             WHERE organization_id = $1 AND smtp_monitor_id = $2
               AND starts_at >= $3 AND starts_at < least($4::timestamptz, $5::timestamptz)
             UNION ALL
            SELECT checked_at, 1, (verdict = 'failure')::integer, (verdict = 'warning')::integer,
                   (verdict <> 'failure')::integer, CASE WHEN verdict <> 'failure' THEN total_ms ELSE 0 END,
                   CASE WHEN verdict <> 'failure' THEN total_ms END, CASE WHEN verdict <> 'failure' THEN total_ms END,
                   {", ".join(f"CASE WHEN verdict <> 'failure' THEN {phase}_ms END" for phase in PHASES)}
              FROM smtp_checks
             WHERE organization_id = $1 AND smtp_monitor_id = $2
               AND checked_at >= greatest($3::timestamptz, $5::timestamptz) AND checked_at < $4
        )
"""


async def select_series(
    db: Executor, organization_id: int, smtp_monitor_id: int, *, since: datetime, before: datetime, granularity: str
) -> list[asyncpg.Record]:
    """Figures by the granularity of BINS, oldest first: counts, and times in ms of checks that succeeded."""
    rolled = {
        row["granularity"]: row["rolled_up_to"]
        for row in await db.fetch("SELECT granularity, rolled_up_to FROM smtp_check_rollups")
    }
    source = "SELECT * FROM hours"
    single_since = since if granularity == "minutes" else rolled["hour"]
    arguments: list[object] = [organization_id, smtp_monitor_id, since, before, single_since, BINS[granularity]]
    if granularity == "day":
        arguments[2] = max(since, min(rolled["day"], before))
        source += f"""
             UNION ALL
            SELECT starts_at, {FIGURES}
              FROM smtp_check_days
             WHERE organization_id = $1 AND smtp_monitor_id = $2
               AND starts_at >= $7 AND starts_at < least($4, $8::timestamptz)
        """
        arguments += [since, rolled["day"]]
    query = f"""
        {SERIES}
        SELECT date_bin($6, starts_at, timestamptz '2000-01-01T00:00:00Z') AS starts_at,
               sum(checks)::bigint AS checks, sum(failures)::bigint AS failures, sum(warnings)::bigint AS warnings,
               sum(answered)::bigint AS answered, sum(total_ms_sum) AS total_ms_sum,
               min(total_ms_min) AS total_ms_min, max(total_ms_max) AS total_ms_max, {SUMS_OF_SUMS}
          FROM ({source}) figures
         GROUP BY 1
         ORDER BY 1
    """
    return await db.fetch(query, *arguments)


async def select_response_times(
    db: Executor, reach: Reach, public_ids: Sequence[UUID], *, since: datetime
) -> list[asyncpg.Record]:
    """By monitor and hour the mean time in ms of checks that succeeded; an hour without any is left out."""
    query = f"""
        WITH wanted AS MATERIALIZED (
            SELECT m.public_id, m.organization_id, m.id, r.rolled_up_to
              FROM smtp_monitors m, smtp_check_rollups r
             WHERE {within_reach("m.organization_id", "m.customer_id")}
               AND m.public_id = ANY($3)
               AND r.granularity = 'hour'
        )
        SELECT w.public_id, date_trunc('hour', t.at, 'UTC') AS starts_at, sum(t.total_ms) / sum(t.answered) AS mean_ms
          FROM wanted w
         CROSS JOIN LATERAL (
                SELECT h.starts_at AS at, h.total_ms_sum AS total_ms, h.answered
                  FROM smtp_check_hours h
                 WHERE h.organization_id = w.organization_id AND h.smtp_monitor_id = w.id
                   AND h.starts_at >= $4 AND h.starts_at < w.rolled_up_to AND h.answered > 0
                 UNION ALL
                SELECT c.checked_at, c.total_ms, 1
                  FROM smtp_checks c
                 WHERE c.organization_id = w.organization_id AND c.smtp_monitor_id = w.id
                   AND c.checked_at >= greatest($4::timestamptz, w.rolled_up_to) AND c.verdict <> 'failure'
               ) AS t
         GROUP BY 1, 2
         ORDER BY 1, 2
    """
    return await db.fetch(query, reach.organization_id, reach.customer_ids, public_ids, since)
