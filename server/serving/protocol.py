"""The one module, beside ``inside.py``, that reaches into aiohttp's private parts, and what for.

Read from aiohttp 3.14, to which pyproject.toml pins; ``tests/serving/test_protocol.py`` names each part that moves.

- ``_reading_paused``: skips a useless parse when reading was never paused.
- ``_current_request``, ``_request_in_progress``, ``_request_count``: tell what a connection waits for.
- ``_task_handler``: ends the handler of a client that has left, where the handler wants that.
- ``_connections``: a new connection makes room for itself when there are too many.
- ``_make_server``, ``__class__``, ``_loop``, ``_kwargs``: serve with our own protocol. There is no public way.
- ``_reg_site``, ``_backlog``: let more connections wait to be accepted. Gunicorn's worker has no option for it.
- ``_message``, ``_match_info``: ``Dispatch`` finds a route by one or two look-ups in a dictionary.
- ``_message``, ``_handle``: the console asks the API in the same process, by a request of its own making.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_urldispatcher import UrlMappingMatchInfo

from server.http.error_answers import BodyTimeoutError, render
from server.http.errors import ApiError
from server.http.requests import ENDS_WITH_CLIENT
from server.serving.open_files import affordable_connections
from server.serving.slow_clients import Limits, SlowClients

AnyHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# the end of a path without percent-encoding, dots or a query
PLAIN = re.compile("[A-Za-z0-9_-]+")
BACKLOG = 4096  # connections that wait to be accepted; of more than aiohttp's 128 some came seconds later
VARIABLE = re.compile(r"\{(\w+)\}")


class Protocol(RequestHandler):
    """A connection. It words what aiohttp refuses before any middleware, such as bytes that are not HTTP."""

    __slots__ = ("streaming",)

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.streaming = False  # whether an answer is being written that has no end; see Stream

    @property
    def phase(self) -> tuple[str, int]:
        """What the connection waits for, and the number of the request.

        It is ``header`` or ``body``, then ``handler``, then ``answer`` while the client takes that, or ``stream``.
        """
        request = self._current_request
        if not self._request_in_progress:
            return "header", self._request_count
        if request is None:
            return "stream" if self.streaming else "answer", self._request_count
        return "handler" if request.content.is_eof() else "body", self._request_count

    @property
    def open(self) -> bool:
        """Whether the connection is not being closed."""
        return not (self.transport is None or self.transport.is_closing())

    def close_now(self) -> None:
        assert self.transport is not None
        self.transport.close()

    def refuse_body(self) -> None:
        """End the reading of a body that is too slow: 408."""
        assert self._current_request is not None
        self._current_request.content.set_exception(BodyTimeoutError())

    def connection_lost(self, exc: BaseException | None) -> None:
        request, handler = self._current_request, self._task_handler
        super().connection_lost(exc)
        if request is not None and handler is not None and request.get(ENDS_WITH_CLIENT):
            handler.cancel()

    def resume_reading(self, resume_parser: bool = True) -> None:
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
        answer = render(error, request.headers.get("Accept-Language", ""))
        answer.force_close()
        return answer


class Server(web.Server):
    """Keeps at most *most_connections*: one more ends the oldest that is idle, or else that waits for its client.

    It is ended itself if all others wait for us.
    """

    most_connections: int

    def __call__(self) -> RequestHandler:
        return Protocol(self, loop=self._loop, **self._kwargs)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self._connections) > self.most_connections:
            oldest = self._oldest("header") or handler
            if oldest is handler:
                oldest = self._oldest("body", "answer") or handler
            cast(Protocol, oldest).close_now()

    def _oldest(self, *phases: str) -> RequestHandler | None:
        connections = cast(Iterable[Protocol], self._connections)
        return next((one for one in connections if one.phase[0] in phases and one.open), None)


class ServerRunner(web.AppRunner):
    """aiohttp's runner with our protocol and dispatch. It also watches for slow clients."""

    def __init__(
        self,
        app: web.Application,
        *,
        limits: Limits | None = None,
        most_connections: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(app, **options)
        self._limits = limits or Limits()
        self._most_connections = most_connections or affordable_connections()
        self._watch: asyncio.Task[None] | None = None

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = Server
        cast(Server, server).most_connections = self._most_connections
        server.request_handler = Dispatch(self.app, server.request_handler)  # type: ignore[assignment]
        self._watch = asyncio.create_task(SlowClients(server, self._limits).run())
        return server

    def _reg_site(self, site: web.BaseSite) -> None:
        site._backlog = BACKLOG
        super()._reg_site(site)

    async def cleanup(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await super().cleanup()


class Dispatch:
    """Finds the handler of a request by its method and its path as sent.

    A path that ends in a variable is found by the part before it. All other requests, and those with an Expect
    header, go to aiohttp's own way, *otherwise*. Both ways give the same (``tests/serving/test_dispatch.py``).
    """

    def __init__(self, app: web.Application, otherwise: AnyHandler) -> None:
        self._app = app
        self._otherwise = otherwise
        self._whole: dict[tuple[str, str], tuple[web.AbstractRoute, AnyHandler]] = {}
        self._ending: dict[tuple[str, str], tuple[web.AbstractRoute, AnyHandler, str]] = {}
        for route in app.router.routes():
            self._add(route)

    def _add(self, route: web.AbstractRoute) -> None:
        assert route.resource is not None
        path = route.resource.canonical
        handler = self._within_middlewares(route.handler)
        before, _, end = path.rpartition("/")
        variable = VARIABLE.fullmatch(end)
        if "{" not in path:
            self._whole[route.method, path] = route, handler
        elif variable and "{" not in before:
            self._ending[route.method, before] = route, handler, variable[1]

    def _within_middlewares(self, handler: AnyHandler) -> AnyHandler:
        for middleware in reversed(self._app.middlewares):
            handler = partial(middleware, handler=handler)
        return handler

    def __call__(self, request: web.Request) -> Awaitable[web.StreamResponse]:
        message = request._message
        if "Expect" in message.headers:
            return self._expecting(request)
        method, path = message.method, message.path
        variables: dict[str, str] = {}
        if (method, path) in self._whole:
            route, handler = self._whole[method, path]
        else:
            before, _, end = path.rpartition("/")
            known = self._ending.get((method, before))
            if known is None or not PLAIN.fullmatch(end):
                return self._otherwise(request)
            route, handler, name = known
            variables[name] = end
        self._match(request, UrlMappingMatchInfo(variables, route))
        return handler(request)

    async def _expecting(self, request: web.Request) -> web.StreamResponse:
        """Where no route is, aiohttp would answer an expectation itself: outside of our middlewares, in other words."""
        match = await self._app.router.resolve(request)
        if match.http_exception is None:
            return await self._otherwise(request)
        self._match(request, match)
        return await self._within_middlewares(match.handler)(request)

    def _match(self, request: web.Request, match: UrlMappingMatchInfo) -> None:
        match.add_app(self._app)
        match.freeze()
        request._match_info = match
