"""What a status page shows, for whoever may see it. Pages that are off are nobody's."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from sql import smtp_monitor_states
from sql.connection import Executor
from sql.fragments import microseconds

PAGE = "slug, title, description, logo_url, language, visibility, shows_hostnames, shows_response_times"


async def select_page(db: Executor, organization_id: int, slug: str) -> asyncpg.Record | None:
    query = f"""
        SELECT id, {PAGE}
          FROM status_pages
         WHERE organization_id = $1
           AND slug = $2
           AND visibility <> 'off'
           AND EXISTS (SELECT FROM organizations o WHERE o.id = $1 AND o.deleted_at IS NULL)
    """
    return await db.fetchrow(query, organization_id, slug)


async def select_monitors(db: Executor, organization_id: int, page_id: int) -> list[asyncpg.Record]:
    """In the order of the page, each with its chosen name. One that is no longer its customer's is not shown."""
    query = f"""
        SELECT m.id, m.public_id, m.customer_id, p.name, m.hostname, x.state,
               {microseconds("x.since")} AS state_since
          FROM status_pages s
          JOIN status_page_smtp_monitors p ON p.organization_id = s.organization_id AND p.status_page_id = s.id
          JOIN smtp_monitors m ON m.organization_id = p.organization_id AND m.id = p.smtp_monitor_id
          {smtp_monitor_states.STATE}
         WHERE s.organization_id = $1
           AND s.id = $2
           AND (s.customer_id IS NULL OR m.customer_id = s.customer_id)
         ORDER BY p.position
    """
    return await db.fetch(query, organization_id, page_id)


async def select_days(
    db: Executor, organization_id: int, smtp_monitor_ids: Sequence[int], *, since: datetime
) -> list[asyncpg.Record]:
    """By monitor and day how many checks there were, and how long those took that succeeded."""
    query = """
        WITH rolled AS MATERIALIZED (
            SELECT min(rolled_up_to) FILTER (WHERE granularity = 'day') AS days,
                   min(rolled_up_to) FILTER (WHERE granularity = 'hour') AS hours
              FROM smtp_check_rollups
        )
        SELECT smtp_monitor_id, date_trunc('day', at, 'UTC') AS day, sum(checks)::bigint AS checks,
               sum(failures)::bigint AS failures, sum(answered)::bigint AS answered, sum(total_ms) AS total_ms
          FROM (SELECT d.smtp_monitor_id, d.starts_at AS at, d.checks, d.failures, d.answered,
                       d.total_ms_sum AS total_ms
                  FROM smtp_check_days d
                 WHERE d.organization_id = $1 AND d.smtp_monitor_id = ANY($2)
                   AND d.starts_at >= $3 AND d.starts_at < (SELECT days FROM rolled)
                 UNION ALL
                SELECT h.smtp_monitor_id, h.starts_at, h.checks, h.failures, h.answered, h.total_ms_sum
                  FROM smtp_check_hours h
                 WHERE h.organization_id = $1 AND h.smtp_monitor_id = ANY($2)
                   AND h.starts_at >= (SELECT greatest($3, days) FROM rolled)
                   AND h.starts_at < (SELECT hours FROM rolled)
                 UNION ALL
                SELECT c.smtp_monitor_id, c.checked_at, 1, (c.verdict = 'failure')::integer,
                       (c.verdict <> 'failure')::integer, CASE WHEN c.verdict <> 'failure' THEN c.total_ms ELSE 0 END
                  FROM smtp_checks c
                 WHERE c.organization_id = $1 AND c.smtp_monitor_id = ANY($2)
                   AND c.checked_at >= (SELECT greatest($3, hours) FROM rolled)) AS figures
         GROUP BY 1, 2
    """
    return await db.fetch(query, organization_id, smtp_monitor_ids, since)


async def select_incidents(
    db: Executor, organization_id: int, smtp_monitor_ids: Sequence[int], *, since: datetime, limit: int
) -> list[asyncpg.Record]:
    """The latest first."""
    query = """
        SELECT id, smtp_monitor_id, opened_at, closed_at
          FROM incidents
         WHERE organization_id = $1
           AND smtp_monitor_id = ANY($2)
           AND (opened_at >= $3 OR closed_at IS NULL)
         ORDER BY opened_at DESC, id DESC
         LIMIT $4
    """
    return await db.fetch(query, organization_id, smtp_monitor_ids, since, limit)


async def select_messages(
    db: Executor, organization_id: int, page_id: int, *, since: datetime, limit: int
) -> list[asyncpg.Record]:
    """The latest first, and with them those that are not over."""
    query = """
        SELECT id, status_page_id, kind, title, body, starts_at, ends_at, updates, updated_at
          FROM status_page_messages
         WHERE organization_id = $1
           AND status_page_id = $2
           AND (starts_at >= $3 OR ends_at > now())
         ORDER BY starts_at DESC, id DESC
         LIMIT $4
    """
    return await db.fetch(query, organization_id, page_id, since, limit)


async def select_windows(
    db: Executor, organization_id: int, smtp_monitor_ids: Sequence[int], *, limit: int
) -> list[asyncpg.Record]:
    """Maintenance windows of those monitors that are open, will be, or repeat."""
    query = """
        SELECT w.smtp_monitor_id, w.customer_id, w.starts_at, w.ends_at, w.repeat, w.repeat_until, w.time_zone
          FROM maintenance_windows w
         WHERE w.organization_id = $1
           AND (w.smtp_monitor_id IS NULL OR w.smtp_monitor_id = ANY($2))
           AND CASE WHEN w.repeat IS NULL THEN w.ends_at ELSE coalesce(w.repeat_until, 'infinity') END > now()
         ORDER BY w.starts_at, w.id
         LIMIT $3
    """
    return await db.fetch(query, organization_id, smtp_monitor_ids, limit)
