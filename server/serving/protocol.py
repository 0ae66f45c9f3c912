"""Where aiohttp answers before or beside the application: its places, our words."""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from server.http.errors import ApiError, render
from server.serving.dispatch import Dispatch
from server.serving.slow_clients import Limits, SlowClients


async def continue_if_expected(request: web.Request) -> None:
    """Ask for the body of a client that waits to be asked; other expectations are ignored (RFC 9110, 10.1.1)."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


class Protocol(RequestHandler):
    """Answers what aiohttp refuses before any middleware, such as bytes that are not HTTP, in our words."""

    __slots__ = ()

    def resume_reading(self, resume_parser: bool = True) -> None:
        """Called for every body that is read; where nothing was paused, aiohttp would parse no bytes once more."""
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("part of an answer is sent already")
        if status == 500:
            self.log_exception("unhandled error outside the application", exc_info=exc)
        error = ApiError(status, "internal_server_error" if status == 500 else "invalid_request")
        response = render(error, request.headers.get("Accept-Language", ""))
        response.force_close()
        return response


class Server(web.Server):
    def __call__(self) -> RequestHandler:
        return Protocol(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """aiohttp's runner, with our protocol and dispatch, and an eye on slow clients."""

    def __init__(self, app: web.Application, *, limits: Limits | None = None, **options: Any) -> None:
        super().__init__(app, **options)
        self._limits = limits or Limits()
        self._watch: asyncio.Task[None] | None = None

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = Server
        server.request_handler = Dispatch(self.app, server.request_handler)  # type: ignore[assignment]
        self._watch = asyncio.create_task(SlowClients(server, self._limits).run())
        return server

    async def cleanup(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await super().cleanup()
