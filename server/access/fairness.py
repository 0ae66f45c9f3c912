"""Work that is claimed from the database in rows, and of which no organization takes all.

The rule is that of ``FairSlots``: an organization that holds as many slots as are free comes after the others. Where
nobody else has work, it may go on, but some slots stay free for those that come later.
"""

import time
from collections import Counter
from collections.abc import Collection
from typing import Protocol

import asyncpg

from server.access.shares import Share

RESERVED = 10  # one slot of so many stays free for organizations that hold few
# To find that nobody else has work, all that is due is looked at: 100,000 rows take 10 ms.
APART_SECONDS = 1.0


class Claim(Protocol):
    async def __call__(self, *, limit: int, but_of: Collection[int] = ()) -> list[asyncpg.Record]:
        """Rows that are due, at most so many, *but of* those organizations."""
        ...


class FairClaims:
    def __init__(self, claim: Claim, share: Share) -> None:
        self._claim = claim
        self._share = share
        self._next_look = 0.0

    async def take(self, holders: Collection[int], *, at_most: int) -> tuple[list[asyncpg.Record], bool]:
        """Rows for some of the slots that are free, and whether there may be more of them.

        *holders* are the organizations of the rows that hold a slot already, one for each.
        """
        slots = self._share.size
        free = slots - len(holders)
        if free <= 0:
            return [], False
        limit = min(max(free // 2, 1), at_most)
        with self._share.reserve(limit):
            rows = await self._take(holders, free=free, kept=slots // RESERVED, limit=limit)
        return rows, len(rows) == limit

    async def _take(self, holders: Collection[int], *, free: int, kept: int, limit: int) -> list[asyncpg.Record]:
        greedy = [organization_id for organization_id, held in Counter(holders).items() if held >= free]
        if not greedy:
            return await self._claim(limit=limit)
        rows = await self._of_others(greedy, limit)
        left = min(limit, free - kept) - len(rows)
        if left > 0:
            rows += await self._claim(limit=left)
        return rows

    async def _of_others(self, greedy: Collection[int], limit: int) -> list[asyncpg.Record]:
        if time.monotonic() < self._next_look:
            return []
        rows = await self._claim(limit=limit, but_of=greedy)
        if not rows:
            self._next_look = time.monotonic() + APART_SECONDS
        return rows
