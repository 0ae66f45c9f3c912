"""An answer that is written bit by bit, for as long as there is something to write."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Protocol, cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from server.http.answers import Answer

TAKE_SECONDS = 20.0  # for the client to take what was written


class Streaming(Protocol):
    """What is used of ``server.serving.protocol.Protocol``."""

    streaming: bool


class Stream(Answer):
    """Writes *parts* as they come; the end of the connection is its end. An empty part only looks after the client.

    It passes through the middlewares as a whole answer does, and is written after them.
    """

    def __init__(self, parts: AsyncGenerator[bytes], *, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        self._parts = parts
        self._request: web.BaseRequest | None = None

    @property
    def keep_alive(self) -> bool:
        return False

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        self._request = request
        self._write(self._text())
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        request = self._request
        assert request is not None
        protocol = cast(Streaming, request.protocol)
        protocol.streaming = True
        try:
            async with contextlib.aclosing(self._parts) as parts:
                if request.method != "HEAD":
                    await self._write_all(parts)
        finally:
            protocol.streaming = False

    async def _write_all(self, parts: AsyncGenerator[bytes]) -> None:
        assert self._request is not None
        async for part in parts:
            self._write(part)
            if self._request.protocol.writing_paused:
                try:
                    async with asyncio.timeout(TAKE_SECONDS):
                        await self._request.writer.drain()
                except TimeoutError:
                    self._abort()
                    return

    def _write(self, part: bytes) -> None:
        transport = None if self._request is None else self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        if part:
            transport.write(part)

    def _abort(self) -> None:
        """What waits to be taken would keep the connection open."""
        if self._request is not None and self._request.transport is not None:
            self._request.transport.abort()

    def _framing(self) -> str:
        return "Connection: close\r\n"
