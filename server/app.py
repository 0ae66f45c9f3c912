"""The composition root: what the application is made of, and how it starts and stops."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Coroutine

from aiohttp import web

from server import metrics
from server.auth import Callers
from server.checks.probe import Probe, probe
from server.checks.resolver import open_resolver
from server.config import Config
from server.errors import MAX_BODY
from server.keys import CALLERS, COMMITS, CONFIG, JUDGING, POOL, PROBE, PROBING
from server.middlewares import access, auth, boundary
from server.protocol import continue_if_expected
from server.routes import ROUTES
from sql.connection import create_pool
from sql.group_commit import GroupCommit
from sql.smtp_monitor_patches import render


def create_app(config: Config) -> web.Application:
    app = web.Application(middlewares=[boundary, auth], client_max_size=MAX_BODY)
    app[CONFIG] = config
    app[JUDGING] = asyncio.Semaphore(2)
    app[PROBING] = asyncio.Semaphore(50)
    app.add_routes(
        web.RouteDef(route.method, route.path, route.handler, {"expect_handler": continue_if_expected})
        for route in ROUTES
    )
    app.cleanup_ctx.extend([_access_log, _pool, _commits, _callers, _probe])
    return app


async def _access_log(_: web.Application) -> AsyncIterator[None]:
    yield
    access.flush()


async def _pool(app: web.Application) -> AsyncIterator[None]:
    app[POOL] = await create_pool(app[CONFIG].database_url)
    yield
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(app[POOL].close(), 5)
    app[POOL].terminate()


async def _commits(app: web.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    app[COMMITS] = commits = GroupCommit(
        config.database_url, render, max_rows=config.group_commit_rows, observer=metrics
    )
    async with _running(commits.run()):
        yield


async def _callers(app: web.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    app[CALLERS] = callers = Callers(app[POOL], config.database_url, config.jwt_secret)
    async with _running(callers.listener.run()):
        yield


async def _probe(app: web.Application) -> AsyncIterator[None]:
    async with open_resolver() as resolve:
        run: Probe = functools.partial(probe, resolve=resolve, allowed=app[CONFIG].probe_allow)
        app[PROBE] = run
        yield


@contextlib.asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
