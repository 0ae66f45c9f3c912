"""When API tokens were used last: noted in memory, written off the request path about once a minute."""

import asyncio
import logging
from datetime import UTC, datetime
from uuid import UUID

import sql
from server.access.caller import Caller
from sql.connection import UNAVAILABLE, Executor

logger = logging.getLogger(__name__)

PERIOD = 60.0  # seconds
APART = 50  # seconds between two records of one token, whichever workers note it


class TokenUses:
    def __init__(self, db: Executor) -> None:
        self._db = db
        self._uses: dict[tuple[int, UUID], datetime] = {}
        self._noted = asyncio.Event()

    def note(self, caller: Caller) -> None:
        self._uses[caller.organization_id, caller.session_id] = datetime.now(UTC)
        self._noted.set()

    async def run(self) -> None:
        """Write the first use at once, later ones after the period. While the database is away, uses stay noted."""
        while True:
            await self._noted.wait()
            try:
                await self.flush()
            except UNAVAILABLE as error:
                logger.warning("uses of tokens not recorded yet: %r", error)
            await asyncio.sleep(PERIOD)

    async def flush(self) -> None:
        uses = dict(self._uses)
        if uses:
            await sql.tokens.record_uses(self._db, uses, apart_seconds=APART)
        for key, used_at in uses.items():
            if self._uses[key] == used_at:
                del self._uses[key]
        if not self._uses:
            self._noted.clear()
