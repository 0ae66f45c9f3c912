"""Requests that skip aiohttp's resolver: to the same handlers, with the same variables, within the same middlewares."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from itertools import product

from aiohttp import web

from server.serving.app import create_app
from server.serving.config import Config
from server.serving.protocol import AnyHandler, Dispatch, ServerRunner
from server.serving.routes import ROUTES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "BREW")
UUID = "33333333-3333-4333-8333-333333333333"
IDS = (UUID, "10", "test", "", "%31", "a%2Fb", "%FF", "..", ".", "a.b", "{x}", "ü", "~")
ENDS = ("", "/", "//", "?", "?a=/b", "/x", "#x", ";v=1")
ODD = ("/", "*", "//", "//api/session", "/API/session", "/api/../api/session", "http://h/api/session", "api/session")
HEADERS = ("", "Expect: 100-continue\r\n", "Expect: tea\r\n")
VARIABLE = re.compile(r"\{\w+:\[\^/\]\*\}")
PATHS = [*sorted({VARIABLE.sub(text, route.path) + end for route in ROUTES for text in IDS for end in ENDS}), *ODD]


class Both:
    """Lets aiohttp's way and ours take each request as far as the handler, and compares how they came there."""

    def __init__(self, app: web.Application) -> None:
        self.left = 0
        self.differing: list[object] = []
        self._app = app
        self._came: object = None

    @web.middleware
    async def record(self, request: web.Request, handler: AnyHandler) -> web.StreamResponse:
        del handler  # aiohttp names it, so it must have this name
        match = request._match_info
        assert match is not None
        error = match.http_exception
        whither = match.handler if error is None else (error.status, error.headers.get("Allow"))
        resource = match.route.resource
        self._came = (whither, dict(match), resource and resource.canonical, request.app is self._app)
        return web.Response()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        await self._app._handle(request)
        theirs = self._came
        await Dispatch(self._app, self._leave)(request)
        if self._came != theirs:
            self.differing.append((request.method, request._message.path, theirs, self._came))
        return web.Response()

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        self.left += 1
        return await self._app._handle(request)


@contextlib.asynccontextmanager
async def served(config: Config) -> AsyncIterator[tuple[Both, int]]:
    app = create_app(config)
    app.cleanup_ctx.clear()
    both = Both(app)
    app.middlewares.insert(0, both.record)
    runner = ServerRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    assert isinstance(runner.server.request_handler, Dispatch)
    runner.server.request_handler = both  # type: ignore[assignment]
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield both, runner.addresses[0][1]
    await runner.cleanup()


async def ask(port: int, requests: list[str]) -> None:
    """Send each, on a new connection where the one before was closed."""
    reader = writer = None
    for text in requests:
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert reader is not None
        writer.write(text.encode())
        head = b"100 Continue"
        while b"100 Continue" in head:
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):  # no HTTP, which ends the connection
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def test_every_route_method_and_path(config: Config) -> None:
    requests = [f"{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n" for method, path in product(METHODS, PATHS)]

    async with served(config) as (both, port):
        await ask(port, requests)

    assert both.differing == []


async def test_expectations(config: Config) -> None:
    path = f"/api/smtp-monitors/{UUID}"
    requests = [f"PATCH {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n{header}\r\n" for header in HEADERS]

    async with served(config) as (both, port):
        await ask(port, requests)

    assert both.differing == []
    assert both.left == 2


async def test_common_requests_skip_the_resolver(config: Config) -> None:
    paths = ["/healthz", "/api/session", "/api/smtp-monitors", f"/api/smtp-monitors/{UUID}", "/api/users/10"]

    async with served(config) as (both, port):
        await ask(port, [f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n" for path in paths])

    assert both.left == 0
