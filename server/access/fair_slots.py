"""A number of slots that organizations share fairly, so that none of them takes all (``tests/api/test_fair_slots.py``).

An organization gets one more slot while it holds fewer than are free. So one alone gets half of them, of two that want
all each gets a third, and there is room for one that comes later. Routers share their buffers by the same rule
(dynamic thresholds, Choudhury and Hahne, 1998).
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from server.http.errors import unavailable

MAX_WAITING = 10  # of an organization
WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    owner: int
    turn: asyncio.Future[None]


class FairSlots:
    def __init__(self, slots: int, *, seconds: float = WAIT_SECONDS) -> None:
        self._free = slots
        self._seconds = seconds
        self._held: Counter[int] = Counter()
        self._queue: list[_Waiting] = []

    @contextlib.asynccontextmanager
    async def hold(self, owner: int) -> AsyncIterator[None]:
        """Have a slot. Wait for a short time if there is none; ApiError 503 if none comes, or too many wait."""
        await self._get(owner)
        try:
            yield
        finally:
            self._give_back(owner)

    async def _get(self, owner: int) -> None:
        waiting = sum(one.owner == owner for one in self._queue)
        if waiting == 0 and self._may_have(owner):
            self._take(owner)
        elif waiting < MAX_WAITING:
            await self._wait(owner)
        else:
            raise unavailable("overloaded")

    async def _wait(self, owner: int) -> None:
        mine = _Waiting(owner, asyncio.get_running_loop().create_future())
        self._queue.append(mine)
        try:
            async with asyncio.timeout(self._seconds):
                await mine.turn
        except BaseException as error:
            if mine in self._queue:
                self._queue.remove(mine)
            else:  # the turn came at the same moment
                self._give_back(owner)
            if isinstance(error, TimeoutError):
                raise unavailable("overloaded") from None
            raise

    def _may_have(self, owner: int) -> bool:
        return self._held[owner] < self._free

    def _take(self, owner: int) -> None:
        self._held[owner] += 1
        self._free -= 1

    def _give_back(self, owner: int) -> None:
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]
        self._free += 1
        for waiting in list(self._queue):
            if self._may_have(waiting.owner) and not waiting.turn.done():  # a client that has just left is done
                self._queue.remove(waiting)
                self._take(waiting.owner)
                waiting.turn.set_result(None)
