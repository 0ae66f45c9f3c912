"""What one listener still has to be sent, and up to where it has been told of everything."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from server.access.event_facts import Event, reset

MOST = 2500  # events that wait for one listener


@dataclass(frozen=True, slots=True)
class Position:
    """Up to which transaction of a cell the events are told, and when that was, in seconds since the epoch."""

    cell: int
    xid: int
    seconds: int


class Waiting:
    """The events of one listener; without *organization_id* those of all, without *customers* those of all of them.

    *position* is where it goes on from, at first where it was before. Once it *ended*, it gets nothing more: its
    client was too slow, or may listen no longer, or the server ends.
    """

    def __init__(
        self, organization_id: int | None, customers: frozenset[int] | None, position: Position | None = None
    ) -> None:
        self.organization_id = organization_id
        self.position = position
        self.ended = False
        self._customers = customers
        self._events: list[Event] = []
        self._due = asyncio.Event()

    def put(self, events: Sequence[Event], position: Position | None) -> None:
        """Add those of its customers. *position* is where it is after them; None if it is not known yet."""
        mine = [event for event in events if self._concerns(event)]
        self._events += mine
        self.position = position or self.position
        if len(self._events) > MOST:
            self.end()
        elif mine:
            self._due.set()

    def wake(self) -> None:
        """Have it write something, if only that it is alive."""
        self._due.set()

    def begin_anew(self, organization_id: int, position: Position) -> None:
        self.put([reset(organization_id)], position)

    def end(self) -> None:
        self.ended = True
        self._events.clear()
        self._due.set()

    async def take(self) -> tuple[list[Event], Position | None]:
        """What has come, as soon as something has or it is woken; nothing more once it has ended."""
        await self._due.wait()
        self._due.clear()
        taken, self._events = self._events, []
        return taken, self.position

    def _concerns(self, event: Event) -> bool:
        return self._customers is None or event.customer_id is None or event.customer_id in self._customers
