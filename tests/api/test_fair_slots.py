"""Slots that organizations share: one leaves room, those that come later get theirs, and no slot is lost."""

import asyncio
from collections import Counter

import pytest

from server.access.fair_slots import MAX_WAITING, FairSlots
from server.http.errors import ApiError


class Crowd:
    """Holders of slots, each until it is let go."""

    def __init__(self, slots: FairSlots) -> None:
        self._slots = slots
        self.held: Counter[int] = Counter()
        self.tasks: dict[int, list[asyncio.Task[None]]] = {}

    async def come(self, owner: int, count: int = 1) -> None:
        """*count* holders of that owner, as far as they get one at once."""
        self.tasks.setdefault(owner, []).extend(asyncio.create_task(self._hold(owner)) for _ in range(count))
        await self.settle()

    async def leave(self, owner: int, count: int = 1) -> None:
        for task in [self.tasks[owner].pop(0) for _ in range(count)]:
            task.cancel()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def _hold(self, owner: int) -> None:
        async with self._slots.hold(owner):
            self.held[owner] += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.held[owner] -= 1


async def test_there_is_room_for_one_that_comes_later() -> None:
    crowd = Crowd(FairSlots(50, seconds=60))
    for owner in range(6):
        await crowd.come(owner, MAX_WAITING + 30)
    assert [crowd.held[owner] for owner in range(6)] == [25, 13, 6, 3, 2, 1]


async def test_shares_become_equal() -> None:
    crowd = Crowd(FairSlots(50, seconds=60))
    for owner in range(3):
        await crowd.come(owner, 25)
    for _ in range(40):
        for owner in range(3):
            await crowd.leave(owner)
            await crowd.come(owner)
    assert {crowd.held[owner] for owner in range(3)} <= {12, 13}


async def test_who_waits_gets_the_next_slot_in_turn() -> None:
    crowd = Crowd(FairSlots(2, seconds=60))
    await crowd.come(1, 3)
    await crowd.come(2, 2)
    assert crowd.held == {1: 1, 2: 1}
    await crowd.leave(2)
    assert (crowd.held[1], crowd.held[2]) == (1, 1)


async def test_few_wait_and_not_for_long() -> None:
    slots = FairSlots(1, seconds=0.01)
    async with slots.hold(1):
        waiting = [asyncio.create_task(slots.hold(1).__aenter__()) for _ in range(MAX_WAITING + 1)]
        refused = await asyncio.gather(*waiting, return_exceptions=True)
    assert [error.status for error in refused if isinstance(error, ApiError)] == [503] * (MAX_WAITING + 1)
    async with slots.hold(1):
        pass


@pytest.mark.parametrize("leaves_first", [True, False])
async def test_no_slot_is_lost_where_a_turn_comes_as_the_client_leaves(leaves_first: bool) -> None:
    slots = FairSlots(1, seconds=60)
    holding = slots.hold(1)
    await holding.__aenter__()
    waiting = asyncio.create_task(slots.hold(2).__aenter__())
    await asyncio.sleep(0)
    if leaves_first:
        waiting.cancel()
    await holding.__aexit__(None, None, None)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), slots.hold(3):
        pass
