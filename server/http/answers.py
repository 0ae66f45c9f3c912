"""Answers: how they are written, and what they have in common (JSON, entity tags)."""

import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import cast

import orjson
from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.typedefs import Middleware

JSON = "application/json; charset=utf-8"
# Headers of every answer, unless a handler sets its own. Answers hold credentials: no cache may store them, and
# no page may show them in a frame.
STANDING = {
    "Server": "smtp-monitors",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Answer(web.StreamResponse):
    """A whole answer: status, body, and *own_headers* beside the standing ones.

    Head and body are written as one text. aiohttp's own answer, with a map of headers, takes a third of the time of
    a PATCH. It serves HEAD, HTTP/1.0 and connections that are about to close.
    """

    def __init__(self, body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        # super().__init__() would make that map
        self._status = status
        self.body = body
        self.own_headers = {**headers} if headers else {}
        self._closes = False
        self._by_aiohttp: web.Response | None = None

    @classmethod
    def json(cls, body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> "Answer":
        """*body* as JSON, or bytes that are JSON already."""
        answer = cls(body if isinstance(body, bytes) else orjson.dumps(body), status=status, headers=headers)
        answer.own_headers.setdefault("Content-Type", JSON)
        return answer

    def force_close(self) -> None:
        """Close the connection after this."""
        self._closes = True

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection stays open; aiohttp asks once the answer is written."""
        return True if self._by_aiohttp is None else self._by_aiohttp.keep_alive

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        if self._closes or not request.keep_alive or request.version != HttpVersion11 or request.method == "HEAD":
            return await self._prepare_by_aiohttp(request)
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        transport.write(self._text())
        if request.protocol.writing_paused:
            await request.writer.drain()
        return None

    async def _prepare_by_aiohttp(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        headers = STANDING | {"Date": _date(int(time.time()))} | self.own_headers
        self._by_aiohttp = web.Response(body=self.body, status=self.status, headers=headers)
        if self._closes:
            self._by_aiohttp.force_close()
        return await self._by_aiohttp.prepare(request)

    async def write_eof(self, data: bytes = b"") -> None:
        if self._by_aiohttp is not None:
            await self._by_aiohttp.write_eof(data)

    def _text(self) -> bytes:
        """Head and body; ValueError if the value of a header has a line break."""
        headers = self.own_headers
        own = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if not own.count("\r") == own.count("\n") == len(headers):
            raise ValueError(f"a header has a line break: {own!r}")
        replaced = () if headers.keys().isdisjoint(STANDING) else tuple(filter(headers.__contains__, STANDING))
        head = _head(self.status, int(time.time()), replaced)
        return f"{head}{own}{self._framing()}\r\n".encode() + self.body

    def _framing(self) -> str:
        """What tells where the answer ends."""
        # RFC 9110, 8.6: a 204 has none; in a 304 it would be the length of the 200
        return "" if self.status in (204, 304) else f"Content-Length: {len(self.body)}\r\n"


Handler = Callable[[web.Request], Awaitable[Answer]]


def middleware(surround: Callable[[web.Request, Handler], Awaitable[Answer]]) -> Middleware:
    """aiohttp's decorator, typed for handlers that give an Answer. All of ours do."""
    return web.middleware(cast(Middleware, surround))


@lru_cache(maxsize=64)
def _head(status: int, second: int, replaced: tuple[str, ...]) -> str:
    """The status line and the standing headers, without those that are *replaced*."""
    headers = {"Date": _date(second)} | STANDING
    standing = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name not in replaced)
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{standing}"


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def entity_tag(version: int, body: bytes) -> str:
    """A strong tag, ``"version-checksum"`` (``tests/api/test_patch_rules.py``).

    The version counts the writes of clients, and If-Match compares the version alone: a check that ran meanwhile
    is no conflict. The checksum is over *body*, and If-None-Match compares all of the tag.
    """
    return f'"{version}-{zlib.crc32(body):08x}"'
