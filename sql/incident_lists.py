"""Incidents as people look at them: those of all monitors, the newest first; one of them, and who takes it over."""

from datetime import datetime
from uuid import UUID

import asyncpg

from sql.connection import Connection, Executor, Reach
from sql.fragments import within_reach
from sql.incidents import STALE_INTERVALS

COLUMNS = """i.organization_id, i.id, i.smtp_monitor_id, i.opened_at, i.closed_at, i.close_reason, i.phase, i.code,
               i.detail, i.location_codes, i.acknowledged_at, i.acknowledged_by, i.acknowledge_reason,
               m.public_id, m.name, m.hostname, m.customer_id,
               (SELECT name FROM customers c WHERE c.organization_id = m.organization_id AND c.id = m.customer_id)
                   AS customer_name"""
OF_MONITORS = f"""
          FROM incidents i
          JOIN smtp_monitors m ON m.organization_id = i.organization_id AND m.id = i.smtp_monitor_id
         WHERE {within_reach("i.organization_id", "m.customer_id")}
"""
# for counting: each incident has its monitor; $2 is NULL
ALONE = f"FROM incidents i WHERE {within_reach('i.organization_id')} AND $2::bigint[] IS NULL"
OF_MONITOR = (
    "(i.organization_id, i.smtp_monitor_id) IN (SELECT organization_id, id FROM smtp_monitors WHERE public_id = {})"
)
AROUND = 5  # checks of a location before and after an incident opens or closes, at most


def newest_first(row: asyncpg.Record) -> tuple[float, int]:
    """What select_page sorts by, for rows of several databases."""
    return -row["opened_at"].timestamp(), -row["id"]


async def select_page(
    db: Executor,
    reach: Reach,
    *,
    organization_id: int | None,
    customer_id: int | None,
    public_id: UUID | None,
    is_open: bool | None,
    since: datetime | None,
    before: datetime | None,
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many were open at any time of the span, and those on one page, the newest first."""
    filters = [
        ("i.organization_id = {}", reach.organization_id),  # again, so that any plan can use an index
        ("i.organization_id = {}", organization_id),
        ("m.customer_id = {}", customer_id),
        (OF_MONITOR, public_id),
        ("(i.closed_at IS NULL OR i.closed_at >= {})", since),
        ("i.opened_at < {}", before),
    ]
    given = [(condition, value) for condition, value in filters if value is not None]
    conditions = "".join(f" AND {condition.format(f'${n}')}" for n, (condition, _) in enumerate(given, 3))
    if is_open is not None:
        conditions += f" AND i.closed_at IS {'' if is_open else 'NOT '}NULL"
    values = (reach.organization_id, reach.customer_ids, *(value for _, value in given))
    counted = OF_MONITORS if reach.customer_ids is not None or customer_id is not None else ALONE
    total = await db.fetchval(f"SELECT count(*) {counted} {conditions}", *values)
    query = f"""
        SELECT {COLUMNS}
        {OF_MONITORS} {conditions}
         ORDER BY i.opened_at DESC, i.id DESC
         LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}
    """
    return total, await db.fetch(query, *values, limit, offset)


async def select_one(db: Executor, reach: Reach, incident_id: int) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} {OF_MONITORS} AND i.id = $3"
    return await db.fetchrow(query, reach.organization_id, reach.customer_ids, incident_id)


async def select_locked(connection: Connection, reach: Reach, incident_id: int) -> asyncpg.Record | None:
    query = f"SELECT {COLUMNS} {OF_MONITORS} AND i.id = $3 FOR NO KEY UPDATE OF i"
    return await connection.fetchrow(query, reach.organization_id, reach.customer_ids, incident_id)


async def acknowledge(
    connection: Connection, organization_id: int, incident_id: int, *, actor: str, reason: str | None
) -> None:
    """Say who takes over; the first one stays it."""
    query = """
        UPDATE incidents
           SET acknowledged_at = now(), acknowledged_by = $3, acknowledge_reason = $4
         WHERE organization_id = $1
           AND id = $2
           AND acknowledged_at IS NULL
    """
    await connection.execute(query, organization_id, incident_id, actor, reason)


async def select_checks(db: Executor, incident: asyncpg.Record) -> list[asyncpg.Record]:
    """The checks that confirmed an incident and its end, at each location; as long as results are kept."""
    query = f"""
        WITH bounds AS (
            SELECT $3::timestamptz AS opened_at, $4::timestamptz AS closed_at,
                   make_interval(secs => {STALE_INTERVALS + AROUND} * m.check_interval + 2 * m.timeout_seconds + 60)
                       AS reach
              FROM smtp_monitors m
             WHERE m.organization_id = $1
               AND m.id = $2
        ), near AS (
            SELECT c.*, c.checked_at <= b.opened_at AS begins,
                   row_number() OVER (PARTITION BY c.location_id, c.checked_at <= b.opened_at
                                          ORDER BY c.checked_at DESC) AS place
              FROM bounds b
              JOIN smtp_checks c
                ON c.organization_id = $1
               AND c.smtp_monitor_id = $2
               AND (c.checked_at BETWEEN b.opened_at - b.reach AND b.opened_at
                    OR c.checked_at BETWEEN greatest(b.opened_at, b.closed_at - b.reach) AND b.closed_at)
        )
        SELECT n.checked_at, n.verdict, n.phase, n.code, n.detail, n.reply_code, n.reply_text, n.address,
               p.code AS location_code, p.name AS location_name
          FROM near n
          JOIN locations p ON p.id = n.location_id
         WHERE n.place <= {AROUND}
           AND (n.verdict = 'failure') = n.begins
         ORDER BY n.checked_at, p.code
    """
    whose = (incident["organization_id"], incident["smtp_monitor_id"])
    return await db.fetch(query, *whose, incident["opened_at"], incident["closed_at"])


async def select_alerts(db: Executor, incident: asyncpg.Record) -> list[asyncpg.Record]:
    """What was told of an incident, oldest first, with how often it was tried."""
    query = """
        SELECT created_at, kind, channel, state, attempts
          FROM alerts
         WHERE organization_id = $1
           AND incident_id = $2
         ORDER BY created_at, id
    """
    return await db.fetch(query, incident["organization_id"], incident["id"])


async def select_changes(db: Executor, incident: asyncpg.Record, *, limit: int) -> list[asyncpg.Record]:
    """What was changed of the monitor while it was open, oldest first."""
    query = """
        SELECT version, changed_at, actor, address, before, after
          FROM smtp_monitor_changes
         WHERE organization_id = $1
           AND smtp_monitor_id = $2
           AND changed_at BETWEEN $3 AND coalesce($4::timestamptz, 'infinity')
         ORDER BY version
         LIMIT $5
    """
    whose = (incident["organization_id"], incident["smtp_monitor_id"])
    return await db.fetch(query, *whose, incident["opened_at"], incident["closed_at"], limit)
