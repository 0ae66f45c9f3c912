"""How many monitors are in each state, altogether and by customer: from kept counts, and what they do not know yet."""

from operator import itemgetter

import asyncpg

from sql.connection import Executor, Reach
from sql.fragments import within_customers, within_reach
from sql.smtp_monitor_index import UNINDEXED
from sql.smtp_monitor_states import STATES

ORDER = itemgetter("place")  # of select_customers, for rows of several databases


def _within(row: str) -> str:
    return f"""{within_reach(f"{row}.organization_id", f"{row}.customer_id")}
                       AND ($3::bigint IS NULL OR {row}.organization_id = $3)
                       AND ($4::bigint IS NULL OR {row}.customer_id = $4)"""


COUNTED = f"""
        WITH {UNINDEXED}, counted AS MATERIALIZED (
            SELECT organization_id, customer_id, state, sum(n)::bigint AS n
              FROM (SELECT c.organization_id, c.customer_id, c.state, c.smtp_monitors AS n
                      FROM indexed_smtp_monitor_counts c
                     WHERE {_within("c")}
                     UNION ALL
                    SELECT i.organization_id, i.customer_id, i.state, -1
                      FROM unindexed u
                      JOIN indexed_smtp_monitors i ON i.organization_id = u.organization_id AND i.id = u.id
                     WHERE {_within("i")}
                     UNION ALL
                    SELECT m.organization_id, m.customer_id, state_of(m.status, s.state), 1
                      FROM unindexed u
                      JOIN smtp_monitors m ON m.organization_id = u.organization_id AND m.id = u.id
                      LEFT JOIN smtp_monitor_states s
                        ON s.organization_id = m.organization_id AND s.smtp_monitor_id = m.id
                     WHERE {_within("m")}) AS c
             GROUP BY 1, 2, 3
        )
"""


COUNTS = ", ".join(f"coalesce(sum(n) FILTER (WHERE state = '{state}'), 0)::bigint AS {state}" for state in STATES)


async def select_totals(
    db: Executor, reach: Reach, organization_id: int | None, customer_id: int | None
) -> asyncpg.Record:
    """A column for each state, and ``open_incidents``."""
    query = f"""
        {COUNTED}
        SELECT {COUNTS},
               (SELECT count(*)
                  FROM incidents i
                 WHERE i.closed_at IS NULL
                   AND {within_reach("i.organization_id")}
                   AND ($3::bigint IS NULL OR i.organization_id = $3)
                   AND (($2::bigint[] IS NULL AND $4::bigint IS NULL)
                        OR EXISTS (SELECT
                                     FROM smtp_monitors m
                                    WHERE m.organization_id = i.organization_id
                                      AND m.id = i.smtp_monitor_id
                                      AND {within_customers("m.customer_id", "$2::bigint[]")}
                                      AND ($4::bigint IS NULL OR m.customer_id = $4)))) AS open_incidents
          FROM counted
    """
    row = await db.fetchrow(query, reach.organization_id, reach.customer_ids, organization_id, customer_id)
    assert row is not None
    return row


async def select_customers(
    db: Executor,
    reach: Reach,
    *,
    organization_id: int | None,
    customer_id: int | None,
    limit: int,
    offset: int,
) -> tuple[int, list[asyncpg.Record]]:
    """How many customers have monitors, and those on one page with a column for each state, the worst first."""
    query = f"""
        {COUNTED}, by_customer AS MATERIALIZED (
            SELECT organization_id, customer_id, {COUNTS}
              FROM counted
             GROUP BY 1, 2
            HAVING sum(n) > 0
        )
        SELECT b.*, c.name, ARRAY[-down, -warning, organization_id, customer_id] AS place,
               (SELECT count(*) FROM by_customer) AS customers
          FROM by_customer b
          JOIN customers c USING (organization_id)
         WHERE c.id = b.customer_id
         ORDER BY place
         LIMIT $5 OFFSET $6
    """
    values = (reach.organization_id, reach.customer_ids, organization_id, customer_id)
    rows = await db.fetch(query, *values, limit, offset)
    if rows or not offset:
        return (rows[0]["customers"] if rows else 0), rows
    total, _ = await select_customers(
        db, reach, organization_id=organization_id, customer_id=customer_id, limit=1, offset=0
    )
    return total, []
