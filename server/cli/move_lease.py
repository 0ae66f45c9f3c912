"""The source refuses what a move asks it to for as long as the move is alive (``sql/fences.py`` has the order)."""

import time

import asyncpg

import sql

LEASE_SECONDS = 5  # that the source waits for a move that hangs
RENEW_SECONDS = 1.0


class Lease:
    def __init__(self, source: asyncpg.Connection) -> None:
        self._source = source
        self._renewed_at: float | None = None  # None is without one

    async def take(self) -> None:
        await sql.departures.lease(self._source, LEASE_SECONDS)
        self._renewed_at = time.monotonic()

    async def renew(self) -> None:
        """If there is one, and it is time to."""
        if self._renewed_at is not None and time.monotonic() - self._renewed_at > RENEW_SECONDS:
            self._renewed_at = time.monotonic()
            await sql.departures.renew(self._source)

    async def end(self) -> None:
        self._renewed_at = None
        await sql.departures.lease(self._source, 0)
