"""An SMTP server that follows a script to the byte, for faults that no real one has."""

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence


class Session:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, raw: bytes) -> None:
        if self._writer.transport.is_closing():
            raise ConnectionResetError
        self._writer.write(raw)
        await self._writer.drain()

    async def receive(self) -> str:
        """The client's next line; empty when it has gone."""
        return (await self._reader.readline()).decode(errors="replace").rstrip("\r\n")

    async def receive_some(self) -> bytes:
        """What comes next, a line or not; empty when the client has gone."""
        return await self._reader.read(65536)

    async def secure(self, context: ssl.SSLContext) -> None:
        transport = self._writer.transport
        try:
            await self._writer.start_tls(context)
        except AttributeError as error:  # of a transport that is None, because the client has gone meanwhile
            self._writer._transport = transport  # type: ignore[attr-defined]
            raise ConnectionResetError from error

    @property
    def tls(self) -> ssl.SSLObject:
        tls: ssl.SSLObject = self._writer.get_extra_info("ssl_object")
        return tls

    async def hang_up(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self._writer.wait_closed()


# bytes are sent; a string is what the client's next line must begin with; a context starts TLS
Step = bytes | str | ssl.SSLContext | Callable[[Session], Awaitable[None]]


@contextlib.asynccontextmanager
async def serve(script: Sequence[Step]) -> AsyncIterator["Server"]:
    """A server on 127.0.0.1 that plays *script* to each client."""
    server = Server(script)
    listening = await asyncio.start_server(server.play, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for writer in server.writers:
            writer.transport.abort()
        await asyncio.gather(*server.playing)


class Server:
    """*lines* is what clients sent; *surprises* is where they did not keep to the script."""

    port: int

    def __init__(self, script: Sequence[Step]) -> None:
        self._script = script
        self.lines: list[str] = []
        self.surprises: list[str] = []
        self.playing: list[asyncio.Task[None]] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.playing.append(task)
        self.writers.append(writer)
        session = Session(reader, writer)
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            for step in self._script:
                await self._take(step, session)
            await session.hang_up()
        writer.transport.abort()

    async def _take(self, step: Step, session: Session) -> None:
        if isinstance(step, bytes):
            await session.send(step)
        elif isinstance(step, ssl.SSLContext):
            await session.secure(step)
        elif isinstance(step, str):
            line = await session.receive()
            self.lines.append(line)
            if not line.startswith(step):
                self.surprises.append(f"{line!r} instead of {step!r}")
        else:
            await step(session)


async def silence(session: Session) -> None:
    """Say nothing until the client goes."""
    while await session.receive_some():
        pass


async def drip(session: Session) -> None:
    """One byte after the other, each in time, none of them the last."""
    while True:
        await session.send(b"2")
        await asyncio.sleep(0.01)


async def endless_line(session: Session) -> None:
    while True:
        await session.send(b"2" * 65536)


async def endless_reply(session: Session) -> None:
    for number in itertools.count():
        await session.send(b"250-EXTENSION%d\r\n" % number)
