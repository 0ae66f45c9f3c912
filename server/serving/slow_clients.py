"""Ends connections whose client is too slow, so that nobody holds one for ever (``tests/serving/test_limits.py``).

One task looks at all connections every second. So a request needs no timer of its own. A handler may take its time,
as a probe of two minutes does: that is no fault of the client.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol, cast

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a client has: to send its first header, then its body, and to take the answer."""

    header: float = 20.0
    body: float = 20.0
    answer: float = 60.0
    period: float = 1.0


class Connection(Protocol):
    """What is used of ``server.serving.protocol.Protocol``."""

    transport: asyncio.Transport | None

    @property
    def phase(self) -> tuple[str, int]: ...

    def force_close(self) -> None: ...

    def refuse_body(self) -> None: ...


class SlowClients:
    """Remembers what each connection of a server waits for, and since when.

    Between requests, aiohttp's keep-alive ends a connection, also in the middle of a header.
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
