"""One read for all who ask for the same thing at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable


class SharedReads:
    """Callers that arrive during a read share the next one.

    A shared read begins after all of them have asked: each sees whatever was committed before it asked. Without
    a read under way, the next one begins at once.
    """

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[bytes]] = {}
        self._next: dict[Hashable, asyncio.Task[bytes]] = {}

    async def read(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """What *make* gives, or the *make* of somebody with an equal *key*. All who share a read get its error."""
        if key not in self._next:
            self._next[key] = asyncio.create_task(self._make(key, make, after=self._under_way.get(key)))
        return await asyncio.shield(self._next[key])  # a caller that leaves ends nothing for the others

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
