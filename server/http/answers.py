"""What answers have in common: how they are written, JSON, times, entity tags."""

import re
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import formatdate
from functools import lru_cache
from typing import cast

import orjson
from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.typedefs import Middleware

JSON = "application/json; charset=utf-8"
# What every answer has. Answers hold credentials, and none is a page to be shown, framed or linked from;
# a handler may say otherwise.
STANDING = {
    "Server": "smtp-monitors",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
ENTITY_TAG = re.compile(r'(W/)?"([^"]*)"')
VERSION = re.compile(r"([0-9]{1,18})-[0-9a-f]{8}")


class Answer(web.StreamResponse):
    """A whole answer: status, header *fields* beside the standing ones, body.

    Head and body are written as one piece of text. aiohttp's own way, by a map of headers, takes a
    third of the time of a PATCH; it is left for HEAD, for HTTP/1.0 and for connections about to close.
    """

    def __init__(self, body: bytes = b"", *, status: int = 200, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(status=status)
        self.body = body
        self.fields = {**fields} if fields else {}
        self._request: web.BaseRequest | None = None
        self._plain: web.Response | None = None

    @property
    def keep_alive(self) -> bool | None:
        if self._plain is not None:
            return self._plain.keep_alive
        return super().keep_alive if self._request is None else True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        stays_open = self._keep_alive is not False and request.keep_alive and request.version == HttpVersion11
        if not stays_open or request.method == "HEAD":
            headers = STANDING | {"Date": _date(int(time.time()))} | self.fields
            self._plain = web.Response(body=self.body, status=self.status, headers=headers)
            if self._keep_alive is False:
                self._plain.force_close()
            return await self._plain.prepare(request)
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self._request = request
        transport.write(self._text())
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        if self._plain is not None:
            await self._plain.write_eof(data)
        elif self._request is not None and self._request.protocol.writing_paused:
            await self._request.writer.drain()

    def _text(self) -> bytes:
        body, fields = self.body, self.fields
        head = "".join([f"{name}: {value}\r\n" for name, value in fields.items()])
        standing = _standing(int(time.time()), tuple(filter(fields.__contains__, STANDING)))
        # RFC 9110, 8.6: none in a 204; a 304 would have to give that of the 200
        length = "" if self.status in (204, 304) else f"Content-Length: {len(body)}\r\n"
        return f"HTTP/1.1 {self.status} {self.reason}\r\n{standing}{head}{length}\r\n".encode() + body


@lru_cache(maxsize=16)
def _standing(second: int, but: tuple[str, ...]) -> str:
    """The standing fields as text, without those that an answer gives itself."""
    fields = {"Date": _date(second)} | STANDING
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items() if name not in but)


Handler = Callable[[web.Request], Awaitable[Answer]]


def middleware(surround: Callable[[web.Request, Handler], Awaitable[Answer]]) -> Middleware:
    """aiohttp's decorator, for handlers that give an Answer, as all of ours do."""
    return web.middleware(cast(Middleware, surround))


def json_answer(body: object, *, status: int = 200, fields: Mapping[str, str] | None = None) -> Answer:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Answer(raw, status=status, fields={"Content-Type": JSON, **(fields or {})})


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def timestamp(moment: datetime | None) -> str | None:
    """UTC with milliseconds: ``2026-01-01T12:00:00.000Z``."""
    # isoformat() takes twice as long, which was a twentieth of a list
    if moment is None:
        return None
    return f"{to_second(moment.timestamp() // 1)}.{moment.microsecond // 1000:03d}Z"


def log_time(moment: float) -> str:
    """UTC with milliseconds, from seconds since the epoch: as in answers, for logs."""
    return f"{to_second(moment // 1)}.{int(moment % 1 * 1000):03d}Z"


@lru_cache(maxsize=1024)
def to_second(second: float) -> str:
    """UTC without a fraction or zone, of whole seconds since the epoch."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def entity_tag(version: int, body: bytes) -> str:
    """A strong tag: the version of what clients write, and a checksum of all that is shown.

    If-Match compares the version alone, so that a check that ran meanwhile is no conflict.
    """
    return f'"{version}-{zlib.crc32(body):08x}"'


def versions_of_if_match(request: web.Request) -> list[int] | None:
    """The versions that If-Match accepts; None if it is absent, so that any will do."""
    header = ",".join(request.headers.getall("If-Match", ()))
    if "If-Match" not in request.headers:
        return None
    if header.strip() == "*":
        return None
    tags = [tag for weak, tag in ENTITY_TAG.findall(header) if not weak]
    return [int(match[1]) for match in map(VERSION.fullmatch, tags) if match]


def none_match(request: web.Request, tag: str) -> bool:
    """Whether If-None-Match already has *tag* (weak comparison, RFC 9110, 13.1.2)."""
    header = ",".join(request.headers.getall("If-None-Match", ()))
    return header.strip() == "*" or tag.strip('"') in [value for _, value in ENTITY_TAG.findall(header)]
