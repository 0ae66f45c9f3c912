"""One connection that hears what other processes change, and knows when it hears nothing."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping

from sql.connection import FAILURES, UNAVAILABLE, connect
from sql.outages import outage

HEARTBEAT = 0.25  # seconds between two proofs of life
TRUSTED_FOR = 0.9  # seconds after the start of a heartbeat that was answered
RETRY = 0.5


class Listener:
    """LISTENs to channels, each with the function that hears what it says.

    Until the monotonic time *trusted_until*, everything notified more than a second ago has been heard.
    """

    def __init__(self, dsn: str, hears: Mapping[str, Callable[[str], None]]) -> None:
        self._dsn = dsn
        self._hears = hears
        self._what = f"listening to {' and '.join(hears)}"
        self.trusted_until = 0.0

    async def run(self) -> None:
        """Listen for ever; a lost connection is made again."""
        while True:
            try:
                await self._listen()
            except FAILURES as error:
                outage.failed(self._what, error)
            self.trusted_until = 0.0
            await asyncio.sleep(RETRY)

    async def _listen(self) -> None:
        connection = await connect(self._dsn)
        try:
            for channel in self._hears:
                await connection.add_listener(channel, self._notified)
            outage.worked(self._what)
            # nobody knows what was notified while nobody listened: forget everything
            for hear in self._hears.values():
                hear("")
            while True:
                started = time.monotonic()
                await connection.execute("SELECT", timeout=TRUSTED_FOR)
                self.trusted_until = started + TRUSTED_FOR
                await asyncio.sleep(HEARTBEAT)
        finally:
            self.trusted_until = 0.0
            with contextlib.suppress(*UNAVAILABLE):
                connection.terminate()

    def _notified(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        self._hears[channel](str(payload))
