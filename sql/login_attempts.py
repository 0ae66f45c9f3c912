"""Attempts to log in that have not succeeded, counted over the last quarter of an hour."""

import asyncpg

from sql.connection import Executor

WINDOW_SECONDS = 900
COUNTS = """
        SELECT count(*) FILTER (WHERE email = $1)                  AS of_account,
               count(*) FILTER (WHERE source = $2)                 AS of_source,
               count(*) FILTER (WHERE email = $1 AND source = $2)  AS of_both,
               min(attempted_at) FILTER (WHERE source = $2)        AS first_of_source,
               min(attempted_at) FILTER (WHERE email = $1 AND source = $2) AS first_of_both
          FROM login_attempts
         WHERE (email = $1 OR source = $2)
           AND attempted_at > now() - make_interval(secs => $3)
"""


async def count(db: Executor, email: str, source: str) -> asyncpg.Record:
    """How many are open for the account, the source and both together, and seconds until one of them ends."""
    query = f"""
        SELECT of_account, of_source, of_both,
               extract(epoch FROM first_of_source - now())::float8 + $3 AS source_ends,
               extract(epoch FROM first_of_both - now())::float8 + $3   AS both_ends
          FROM ({COUNTS}) AS counts
    """
    [row] = await db.fetch(query, email, source, WINDOW_SECONDS)
    return row


async def insert(db: Executor, email: str, source: str, *, of_source: int, of_both: int) -> int | None:
    """Record an attempt and name it; None, with nothing recorded, if so many are open for the source or for both."""
    query = f"""
        INSERT INTO login_attempts (email, source)
        SELECT $1, $2
          FROM ({COUNTS}) AS counts
         WHERE of_source < $4
           AND of_both < $5
        RETURNING id
    """
    attempt: int | None = await db.fetchval(query, email, source, WINDOW_SECONDS, of_source, of_both)
    return attempt


async def delete(db: Executor, attempt: int) -> None:
    """Forget an attempt: it was a success."""
    await db.execute("DELETE FROM login_attempts WHERE id = $1", attempt)
