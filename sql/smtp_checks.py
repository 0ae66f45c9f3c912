"""What checks found: written in batches with the state they change, read as history."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

import asyncpg

from sql.connection import Executor
from sql.fragments import REFUSED
from sql.rows import Key, arrays


@dataclass(frozen=True, slots=True)
class Found:
    """One result as columns; times in milliseconds, *warnings* and *capabilities* as JSON."""

    organization_id: int
    smtp_monitor_id: int
    checked_at: datetime
    verdict: str
    phase: str
    code: str
    detail: str
    reply_code: int | None
    reply_text: str | None
    hostname: str
    address: str | None
    port: int
    warnings: str | None
    capabilities: str | None
    dns_ms: float | None
    connect_ms: float | None
    tls_ms: float | None
    greeting_ms: float | None
    ehlo_ms: float | None
    starttls_ms: float | None
    auth_ms: float | None
    mail_ms: float | None
    quit_ms: float | None
    total_ms: float


NAMES = tuple(field.name for field in fields(Found))
STORED = ", ".join(name for name in NAMES if name != "capabilities")
TYPES = {
    "organization_id": "bigint",
    "smtp_monitor_id": "bigint",
    "checked_at": "timestamptz",
    "reply_code": "integer",
    "port": "integer",
    **{name: "real" for name in NAMES if name.endswith("_ms")},
}
ARRAYS = ", ".join(f"${n}::{TYPES.get(name, 'text')}[]" for n, name in enumerate(NAMES, 2))

# the state that a verdict leaves as it is, whatever other locations say
SETTLED = {"success": "up", "warning": "warning"}

# Locks the states of the monitors in one order. Agents of other locations wait here, and then see these results.
# What is found too late, when the organization has left, is lost as with an agent that has died.
STATES = f"""
        INSERT INTO smtp_monitor_states AS s (organization_id, smtp_monitor_id, last_checked_at)
        SELECT m.organization_id, m.id, max(f.checked_at)
          FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) AS f (organization_id, smtp_monitor_id, checked_at)
          JOIN smtp_monitors m ON m.organization_id = f.organization_id AND m.id = f.smtp_monitor_id
         WHERE f.organization_id NOT IN {REFUSED}
         GROUP BY m.organization_id, m.id
         ORDER BY m.organization_id, m.id
            ON CONFLICT (organization_id, smtp_monitor_id)
            DO UPDATE SET last_checked_at = greatest(s.last_checked_at, excluded.last_checked_at)
        RETURNING organization_id, smtp_monitor_id, state
"""
# Recording is idempotent: after a lost connection, the same results are recorded again.
RESULTS = f"""
        WITH found AS (
            SELECT *
              FROM unnest({ARRAYS}) AS f ({", ".join(NAMES)})
             WHERE organization_id NOT IN {REFUSED}
        ), stored AS (
            INSERT INTO smtp_checks (location_id, {STORED})
            SELECT $1, {STORED.replace("warnings", "warnings::json")}
              FROM found f
             WHERE EXISTS (SELECT
                             FROM smtp_monitors m
                            WHERE m.organization_id = f.organization_id
                              AND m.id = f.smtp_monitor_id)
                ON CONFLICT DO NOTHING
        ), counted AS (
            UPDATE smtp_monitor_locations l
               SET checked_at = f.checked_at,
                   running_until = NULL,
                   due_at = CASE WHEN l.triggered THEN now() ELSE l.due_at END,
                   failures = CASE f.verdict WHEN 'failure' THEN l.failures + 1 ELSE 0 END,
                   successes = CASE f.verdict WHEN 'failure' THEN 0 ELSE l.successes + 1 END,
                   capabilities = CASE f.verdict WHEN 'failure' THEN l.capabilities ELSE f.capabilities::json END,
                   verdict = f.verdict,
                   phase = CASE WHEN f.verdict <> 'success' THEN f.phase END,
                   code = CASE f.verdict WHEN 'failure' THEN f.code
                                         WHEN 'warning' THEN f.warnings::json #>> '{{0,code}}' END,
                   detail = CASE f.verdict WHEN 'failure' THEN coalesce(nullif(f.detail, ''), f.reply_text, '')
                                           WHEN 'warning' THEN f.warnings::json #>> '{{0,detail}}' END
              FROM found f
             WHERE l.organization_id = f.organization_id
               AND l.smtp_monitor_id = f.smtp_monitor_id
               AND l.location_id = $1
               AND (l.checked_at IS NULL OR l.checked_at < f.checked_at)
            RETURNING l.organization_id, l.smtp_monitor_id, l.failures
        )
        SELECT organization_id, smtp_monitor_id
          FROM counted c
         WHERE c.failures > 0
            OR EXISTS (SELECT
                         FROM incidents i
                        WHERE i.organization_id = c.organization_id
                          AND i.smtp_monitor_id = c.smtp_monitor_id
                          AND i.closed_at IS NULL)
"""


async def insert(db: Executor, location_id: int, found: Sequence[Found]) -> set[Key]:
    """Store results and count them; the keys of the monitors whose state may change, or incidents open or close.

    *found* has at most one result of a monitor. This runs in a transaction, which the incidents share.
    """
    columns = arrays(Found, found)
    stated = await db.fetch(STATES, *columns[:3])
    rows = await db.fetch(RESULTS, location_id, *columns)
    verdicts = {Key(one.organization_id, one.smtp_monitor_id): one.verdict for one in found}
    changing = {key for row in stated if SETTLED.get(verdicts[key := _key(row)]) != row["state"]}
    return changing | {_key(row) for row in rows}


def _key(row: asyncpg.Record) -> Key:
    return Key(row["organization_id"], row["smtp_monitor_id"])


async def select_history(
    db: Executor,
    organization_id: int,
    smtp_monitor_id: int,
    *,
    limit: int,
    since: datetime | None = None,
    before: datetime | None = None,
) -> list[asyncpg.Record]:
    """The newest results, newest first, with the location's code and name."""
    query = f"""
        SELECT {", ".join(f"c.{name.strip()}" for name in STORED.split(","))},
               p.code AS location_code, p.name AS location_name
          FROM smtp_checks c
          JOIN locations p ON p.id = c.location_id
         WHERE c.organization_id = $1
           AND c.smtp_monitor_id = $2
           AND c.checked_at >= coalesce($4::timestamptz, '-infinity')
           AND c.checked_at < coalesce($5::timestamptz, 'infinity')
         ORDER BY c.checked_at DESC
         LIMIT $3
    """
    return await db.fetch(query, organization_id, smtp_monitor_id, limit, since, before)
