"""When sessions and API tokens were used last: noted in memory, written off the request path about once a minute.

A log-in that is not used for SESSION_IDLE_MINUTES ends; an API token does not. The database knows the last use, of
whichever worker, and judges it when a worker reads the session. A worker reads a session again that it has not seen for
a minute, so a limit holds everywhere within two minutes, and a use counts up to a minute too early or too late
(``tests/api/test_idle_sessions.py``). To note a use costs a request one assignment.
"""

import asyncio
import time
from collections.abc import Callable, Set
from datetime import UTC, datetime
from uuid import UUID

import sql
from sql.connection import UNAVAILABLE, Executor
from sql.outages import outage

PERIOD = 60.0  # seconds between two records of one session by one worker
TICK = 0.5
APART = 50  # seconds between two records of one session, whichever workers note it


class SessionUses:
    """*seen* has the organization of every session that was used since the last record."""

    def __init__(self, db: Executor, keep_only: Callable[[Set[UUID]], None]) -> None:
        self._db = db
        self._keep_only = keep_only
        self.seen: dict[UUID, int] = {}
        self._recorded: dict[UUID, float] = {}
        self._lively: set[UUID] = set()  # since the last sweep

    @property
    def in_use(self) -> bool:
        """Whether a session was used since the last sweep, which is a minute ago at most."""
        return bool(self.seen or self._lively)

    async def run(self) -> None:
        """Write a first use at once, later ones after the period. What a lost database misses stays noted."""
        swept = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            if now - swept > PERIOD:
                swept = now
                self._recorded = {session: when for session, when in self._recorded.items() if now - when < PERIOD}
                self.sweep()
            if self.seen.keys() - self._recorded.keys():
                try:
                    await self.flush()
                except UNAVAILABLE as error:
                    outage.passed("recording the uses of sessions", error)

    async def flush(self) -> None:
        seen, self.seen = self.seen, {}
        if not seen:
            return
        self._lively |= seen.keys()
        now = datetime.now(UTC)
        uses = {(organization_id, session): now for session, organization_id in seen.items()}
        try:
            await sql.tokens.record_uses(self._db, uses, apart_seconds=APART)
        except BaseException:
            self.seen = seen | self.seen
            raise
        self._recorded |= dict.fromkeys(seen, time.monotonic())

    def sweep(self) -> None:
        """Have callers read again that were not seen since the last sweep."""
        self._keep_only(self._lively | self.seen.keys())
        self._lively = set()
