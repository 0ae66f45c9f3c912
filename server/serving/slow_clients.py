"""Connections whose client is too slow are ended, so that nobody holds them for ever.

The connections are looked at every second rather than each timed: that costs a request nothing.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol, cast

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds from a connection to its first header, from a header to its body's end, from there to the answer's."""

    header: float = 20.0
    body: float = 20.0
    answer: float = 60.0
    period: float = 1.0


class Connection(Protocol):
    """One of ours, see protocol."""

    transport: asyncio.Transport | None

    @property
    def phase(self) -> tuple[str, int]: ...

    def force_close(self) -> None: ...

    def refuse_body(self) -> None: ...


class SlowClients:
    """What each connection of a server waits for, and since when.

    Between requests it is aiohttp's keep-alive that ends a connection, also in the middle of a header.
    """

    def __init__(self, server: web.Server, limits: Limits) -> None:
        self._server = server
        self._limits = limits
        self._waits: dict[Connection, tuple[object, float]] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._limits.period)
            now = asyncio.get_running_loop().time()
            self._waits = {
                connection: self._look(connection, now)
                for connection in cast(list[Connection], self._server.connections)
            }

    def _look(self, connection: Connection, now: float) -> tuple[object, float]:
        phase = connection.phase
        before, since = self._waits.get(connection, (phase, now))
        if phase != before:
            return phase, now
        waited = now - since
        match phase:
            case ("header", 0) if waited > self._limits.header:
                connection.force_close()
            case ("body", _) if waited > self._limits.body:
                connection.refuse_body()
            case ("answer", _) if waited > self._limits.answer and connection.transport is not None:
                connection.transport.abort()
        return phase, since
