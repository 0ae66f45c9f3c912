"""Who listens to events in this worker: so many at most, each as long as it may."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from server.access.caller import Caller
from server.access.callers import Callers
from server.access.cells import Cell
from server.access.listener_queues import Waiting
from server.http.errors import RETRY_AFTER, ApiError, unavailable
from sql.connection import UNAVAILABLE

MOST = 2000  # in one worker
MOST_OF_ONE = 1000  # of one organization, in one worker
HEARTBEAT = 15.0  # seconds after which something is written, if nothing has happened
LOOK_SECONDS = 0.5


@dataclass(eq=False, slots=True)
class Listener:
    """A listener: who it is, by which Authorization headers, and whether it and its organization are still here."""

    caller: Caller
    authorization: Sequence[str]
    present: Callable[[], bool]
    waiting: Waiting
    told_at: float = 0.0  # monotonic


class Listeners:
    """One look at all of them costs less than a timer for each."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._here: dict[Listener, None] = {}
        self._closed = False

    def require_room(self, organization_id: int) -> None:
        """ApiError 503 or 429 if there are too many of them, or of that organization."""
        if self._closed or len(self._here) >= MOST:
            raise unavailable("overloaded")
        if sum(one.caller.organization_id == organization_id for one in self._here) >= MOST_OF_ONE:
            raise ApiError(429, "too_many_listeners", headers=RETRY_AFTER)

    @contextlib.contextmanager
    def here(self, listener: Listener, cell: Cell) -> Iterator[None]:
        """The listener is told of what happens in the cell meanwhile."""
        self._here[listener] = None
        cell.tail.add(listener.waiting)
        try:
            yield
        finally:
            cell.tail.remove(listener.waiting)
            del self._here[listener]

    async def run(self) -> None:
        """End those that may listen no longer or are gone, and have the others tell that they are alive, for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            with contextlib.suppress(*UNAVAILABLE):
                await self._look()

    def close(self) -> None:
        """At once, for ever."""
        self._closed = True
        for listener in self._here:
            listener.waiting.end()

    async def _look(self) -> None:
        now = time.monotonic()
        for listener in list(self._here):
            if not listener.present() or not await self._may_listen(listener):
                listener.waiting.end()
            elif now >= listener.told_at + HEARTBEAT:
                listener.waiting.wake()

    async def _may_listen(self, listener: Listener) -> bool:
        """Whether it is who it was. An error while that cannot be known: then nothing happens that it could hear."""
        try:
            caller, _ = await self._callers.identify(listener.authorization)
        except ApiError as error:
            if error.status != 401:
                raise
            return False
        return caller == listener.caller
