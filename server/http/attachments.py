"""A long answer that is written as it is read, in a file that a browser saves."""

from collections.abc import AsyncGenerator

from aiohttp import HttpVersion11, web

from server.http.streams import Stream

END = b"0\r\n\r\n"


class Attachment(Stream):
    """A stream whose end is told, so that a client knows one that was broken off from one that is whole."""

    def __init__(
        self, request: web.Request, parts: AsyncGenerator[bytes], *, name: str, content_type: str, language: str
    ) -> None:
        # before HTTP/1.1 nothing tells it
        self._chunked = request.version >= HttpVersion11
        headers = {
            "Content-Type": content_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Language": language,
        }
        super().__init__(_in_chunks(parts) if self._chunked else parts, headers=headers)

    def _framing(self) -> str:
        return ("Transfer-Encoding: chunked\r\n" if self._chunked else "") + super()._framing()


async def _in_chunks(parts: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async for part in parts:
        if part:
            yield b"%x\r\n%b\r\n" % (len(part), part)
    yield END
