"""Work that is claimed from the database in rows, and of which no organization takes all.

The rule is that of ``FairSlots``: an organization that holds as many slots as are free comes after the others. Where
nobody else has work, it may go on, but some slots stay free for those that come later.
"""

from collections import Counter
from collections.abc import Collection
from typing import Protocol

import asyncpg

RESERVED = 10  # one slot of so many stays free for organizations that hold few


class Claim(Protocol):
    async def __call__(self, *, limit: int, but_of: Collection[int] = ()) -> list[asyncpg.Record]:
        """Rows that are due, at most so many, *but of* those organizations."""
        ...


async def claim_fairly(
    claim: Claim, holders: Collection[int], *, slots: int, at_most: int
) -> tuple[list[asyncpg.Record], bool]:
    """Rows for some of the slots that are free, and whether there may be more of them.

    *holders* are the organizations of the rows that hold a slot already, one for each.
    """
    free = slots - len(holders)
    limit = min(max(free // 2, 1), at_most)
    greedy = [organization_id for organization_id, held in Counter(holders).items() if held >= free]
    rows = await claim(limit=limit, but_of=greedy)
    left = min(limit, free - slots // RESERVED) - len(rows)
    if greedy and left > 0:
        rows += await claim(limit=left)
    return rows, len(rows) == limit
