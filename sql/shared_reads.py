"""Reads of the same thing at the same time, made once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable


class SharedReads:
    """What several ask for while the same is being read for others, one reading answers.

    It begins after all of them have asked, so that each sees whatever was committed before; a single
    one begins at once.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[bytes]] = {}
        self._next: dict[Hashable, asyncio.Task[bytes]] = {}

    async def read(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """What *make* gives, or what an equal *key*'s did; its error is everybody's."""
        if key not in self._next:
            self._next[key] = asyncio.create_task(self._make(key, make, after=self._under_way.get(key)))
        return await asyncio.shield(self._next[key])  # of many who wait, one that leaves ends nothing

    async def _make(
        self, key: Hashable, make: Callable[[], Awaitable[bytes]], *, after: asyncio.Task[bytes] | None
    ) -> bytes:
        if after is not None:
            await asyncio.wait([after])
        self._under_way[key] = self._next.pop(key)
        try:
            return await make()
        finally:
            del self._under_way[key]
