"""Attempts to log in that have not succeeded, counted over the last quarter of an hour."""

from sql.connection import Executor

WINDOW_SECONDS = 900


async def insert(db: Executor, email: str, address: str) -> tuple[int, int]:
    """Record an attempt; how many are open for the account and for the address, this one included."""
    query = """
        WITH attempt AS (
            INSERT INTO login_attempts (email, address)
            VALUES ($1, $2)
        )
        SELECT 1 + count(*) FILTER (WHERE email = $1)   AS of_account,
               1 + count(*) FILTER (WHERE address = $2) AS of_address
          FROM login_attempts
         WHERE (email = $1 OR address = $2)
           AND attempted_at > now() - make_interval(secs => $3)
    """
    [row] = await db.fetch(query, email, address, WINDOW_SECONDS)
    return row["of_account"], row["of_address"]


async def delete(db: Executor, email: str, address: str) -> None:
    """Forget an account's attempts from an address after a success, and everybody's old ones."""
    query = """
        DELETE FROM login_attempts
         WHERE (email = $1 AND address = $2)
            OR attempted_at < now() - make_interval(secs => $3)
    """
    await db.execute(query, email, address, WINDOW_SECONDS)
