"""A connection as lines of bytes, first in clear, then under TLS. It trusts the server with nothing."""

import asyncio
import contextlib
from typing import cast

from OpenSSL import SSL

from server.checks.computing import compute
from server.checks.failure import Failed
from server.checks.outcome import Code
from server.checks.text import readable, shortened

MAX_LINE = 4096  # bytes; RFC 5321 allows 512, RFC 4954 more in a challenge
HIGH_WATER = 65536  # bytes read ahead before the server is made to wait
CHUNK = 16384


class Wire(asyncio.Protocol):
    """Keeps what arrives until it is asked for. Beyond HIGH_WATER it reads nothing more from the socket."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self._ended = False
        self._broken = ""
        self._tls: SSL.Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass

    def data_received(self, data: bytes) -> None:
        if self._tls is None:
            self._received += data
        else:
            self._tls.bio_write(data)
            self._decrypt(self._tls)
        if len(self._received) > HIGH_WATER:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._ended = True
        self._wake()

    @property
    def local_address(self) -> str:
        return str(self._transport.get_extra_info("sockname")[0])

    async def line(self) -> bytes:
        """The next line without its end; Failed if it is endless or none comes any more."""
        searched = 0
        while (end := self._received.find(b"\n", searched, MAX_LINE)) < 0:
            if len(self._received) >= MAX_LINE:
                raise Failed(Code.PROTOCOL_ERROR, f"a line has more than {MAX_LINE} bytes")
            searched = len(self._received)
            await self._more()
        line = bytes(self._received[:end]).removesuffix(b"\r")
        del self._received[: end + 1]
        return line

    def send(self, line: str) -> None:
        """Send a line. To a server that has closed nothing is sent: the missing reply shows it."""
        raw = line.encode() + b"\r\n"
        if self._ended:
            return
        if self._tls is None:
            self._transport.write(raw)
        else:
            with contextlib.suppress(SSL.Error):
                self._tls.send(raw)
            self._flush(self._tls)

    def discard(self) -> int:
        """Forget what has arrived and was not asked for; how many bytes."""
        count = len(self._received)
        self._received.clear()
        return count

    async def secure(self, tls: SSL.Connection) -> None:
        """Shake hands. From then on every line is encrypted. Failed if the two sides do not agree."""
        try:
            over = _shake_hands(tls)  # says hello, which costs what no server can choose
            while not over:
                self._flush(tls)
                if not self._received:
                    await self._more()
                self._pass_on(tls)
                over = await compute(_shake_hands, tls)  # what arrives meanwhile waits in _received
        except SSL.Error as error:
            self._flush(tls)
            raise Failed(Code.TLS_HANDSHAKE_FAILED, reason(error)) from error
        self._tls = tls
        self._flush(tls)
        self._pass_on(tls)
        self._decrypt(tls)

    async def closed(self) -> None:
        """Wait until the other side has closed, and discard what it sends meanwhile."""
        while not self._ended:
            self._received.clear()
            await self._more()

    def close(self) -> None:
        """Send what the other side takes at once, then close."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    async def _more(self) -> None:
        """Wait for more to have arrived; Failed if the connection has ended."""
        if self._broken:
            raise Failed(Code.PROTOCOL_ERROR, self._broken)
        if self._ended:
            raise Failed(Code.CONNECTION_CLOSED, shortened(readable(bytes(self._received)), 80))
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _pass_on(self, tls: SSL.Connection) -> None:
        """Give TLS what has arrived of it."""
        if encrypted := bytes(self._received):
            self._received.clear()
            tls.bio_write(encrypted)

    def _decrypt(self, tls: SSL.Connection) -> None:
        try:
            while True:
                self._received += tls.recv(CHUNK)
        except SSL.WantReadError:
            self._flush(tls)  # an answer to a renewal of keys
        except SSL.ZeroReturnError:
            self._ended = True
        except SSL.Error as error:
            self._broken = reason(error)

    def _flush(self, tls: SSL.Connection) -> None:
        with contextlib.suppress(SSL.WantReadError):  # there is nothing to send
            while not self._ended:
                encrypted = tls.bio_read(CHUNK)
                self._transport.write(encrypted)
                if len(encrypted) < CHUNK:
                    return


def _shake_hands(tls: SSL.Connection) -> bool:
    """Go on with the handshake as far as what has arrived allows; whether it is over."""
    try:
        tls.do_handshake()
    except SSL.WantReadError:
        return False
    return True


def reason(error: SSL.Error) -> str:
    """What OpenSSL says of it, in its own words."""
    if error.args and isinstance(error.args[0], list):
        return ", ".join(str(entry[-1]) for entry in error.args[0])
    return " ".join(str(part) for part in error.args)
