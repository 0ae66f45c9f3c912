"""A line to a database that a test can silence: whatever is sent meanwhile arrives when it is over."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

PIECE = 65536


class Line:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        self._host, self._port = query["host"][0], query["port"][0]
        self._user, self._path = parts.netloc, parts.path
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.url = ""

    @contextlib.contextmanager
    def silenced(self) -> Iterator[None]:
        self._speaks.clear()
        try:
            yield
        finally:
            self._speaks.set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["Line"]:
        async with await asyncio.start_server(self._connect, "127.0.0.1", 0) as server:
            self.url = f"postgresql://{self._user}127.0.0.1:{server.sockets[0].getsockname()[1]}{self._path}"
            try:
                yield self
            finally:
                server.close()
                while self._connections:
                    for connection in self._connections:
                        connection.cancel()
                    await asyncio.wait(self._connections)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        async with closing(writer):
            if self._host.startswith("/"):
                opened = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
            else:
                opened = await asyncio.open_connection(self._host, int(self._port))
            async with closing(opened[1]):
                await asyncio.gather(self._pump(reader, opened[1]), self._pump(opened[0], writer))

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError), contextlib.closing(target):
            while piece := await source.read(PIECE):
                await self._speaks.wait()
                target.write(piece)
                await target.drain()


@contextlib.asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """It has closed its socket when this ends."""
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
