"""The end of what is kept for a time: each step removes a few rows in a short statement, and waits for nobody."""

from dataclasses import dataclass

from sql.connection import Executor
from sql.fragments import REFUSED

Position = tuple[int, int]
START: Position = (0, 0)


@dataclass(frozen=True, slots=True)
class Kind:
    """A table, and when a row of it was *over*: after that it is kept for a time. *step* rows at most go at once.

    *but* says which rows are left alone: those of organizations that live elsewhere are not ours to remove.
    """

    table: str
    over: str
    step: int = 1000
    but: str = f"organization_id IN {REFUSED}"


KINDS = {
    "sessions": Kind("sessions", "expires_at"),
    "idempotency_keys": Kind("idempotency_keys", "created_at"),
    "login_attempts": Kind("login_attempts", "attempted_at", but="false"),
    # an alert takes its attempts with it, an incident its alerts
    "alerts": Kind("alerts", "ended_at", step=100),
    "incidents": Kind("incidents", "closed_at", step=100),
    "windows": Kind("maintenance_windows", "CASE WHEN repeat IS NULL THEN ends_at ELSE repeat_until END"),
    # found by blocks: every step looks at those again whose rows have just gone
    "daily_results": Kind("smtp_check_days", "starts_at", step=10_000),
}


async def purge(db: Executor, *, kind: str, days: int) -> bool:
    """Remove rows that were over before so many days; whether there may be others. Locked rows are left."""
    of = KINDS[kind]
    query = f"""
        DELETE FROM {of.table}
         WHERE ctid = ANY(ARRAY(SELECT ctid
                                  FROM {of.table}
                                 WHERE {of.over} < now() - make_interval(days => $1)
                                   AND NOT ({of.but})
                                 LIMIT $2
                                   FOR UPDATE SKIP LOCKED))
    """
    return await db.execute(query, days, of.step) == f"DELETE {of.step}"


async def purge_changes(
    db: Executor, after: Position, *, days: int, monitors: int = 200, limit: int = 1000
) -> Position | None:
    """Remove old changes of the next monitors *after* a position; the position to go on from, None at the end.

    An index over the time would cost every PATCH. So this goes from monitor to monitor in the primary key: a
    monitor's changes are in the order of their time, and where the first is young, all are.
    """
    query = f"""
        WITH RECURSIVE walk AS (
            (SELECT organization_id, smtp_monitor_id
               FROM smtp_monitor_changes
              WHERE (organization_id, smtp_monitor_id) > ($1, $2)
              ORDER BY organization_id, smtp_monitor_id
              LIMIT 1)
             UNION ALL
            SELECT next.organization_id, next.smtp_monitor_id
              FROM walk w
             CROSS JOIN LATERAL (SELECT organization_id, smtp_monitor_id
                                   FROM smtp_monitor_changes h
                                  WHERE (h.organization_id, h.smtp_monitor_id) > (w.organization_id, w.smtp_monitor_id)
                                  ORDER BY organization_id, smtp_monitor_id
                                  LIMIT 1) AS next
        ), walked AS MATERIALIZED (
            SELECT * FROM walk LIMIT $4
        ), gone AS (
            DELETE FROM smtp_monitor_changes
             WHERE ctid = ANY(ARRAY(
                SELECT old.ctid
                  FROM walked w
                 CROSS JOIN LATERAL (SELECT changed_at
                                       FROM smtp_monitor_changes h
                                      WHERE h.organization_id = w.organization_id
                                        AND h.smtp_monitor_id = w.smtp_monitor_id
                                      ORDER BY version
                                      LIMIT 1) AS first
                 CROSS JOIN LATERAL (SELECT h.ctid
                                       FROM smtp_monitor_changes h
                                      WHERE h.organization_id = w.organization_id
                                        AND h.smtp_monitor_id = w.smtp_monitor_id
                                        AND h.changed_at < now() - make_interval(days => $3)
                                      ORDER BY h.version
                                      LIMIT $5) AS old
                 WHERE first.changed_at < now() - make_interval(days => $3)
                   AND w.organization_id NOT IN {REFUSED}
                 LIMIT $5))
            RETURNING 1
        )
        SELECT organization_id, smtp_monitor_id, (SELECT count(*) FROM gone) AS removed
          FROM walked
         ORDER BY organization_id DESC, smtp_monitor_id DESC
         LIMIT 1
    """
    last = await db.fetchrow(query, *after, days, monitors, limit)
    if last is None:
        return None
    return after if last["removed"] == limit else (last["organization_id"], last["smtp_monitor_id"])


async def try_lock(connection: Executor) -> bool:
    """Whether this transaction alone purges now."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtext('retention'))"))
