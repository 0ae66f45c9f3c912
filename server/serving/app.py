"""The composition root: what the application is made of, and how it starts and stops."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Coroutine

from aiohttp import web

from server.access.callers import Callers
from server.access.token_uses import TokenUses
from server.checks.probe import Probe, probe
from server.checks.resolver import open_resolver
from server.handlers.keys import CALLERS, COMMITS, CONFIG, JUDGING, LISTS, POOL, PROBE, PROBING, READS, TOKEN_USES
from server.http import request_metrics
from server.http.errors import MAX_BODY
from server.serving import agent_process, batch_metrics
from server.serving.config import Config
from server.serving.cors import add_cors
from server.serving.middlewares import access, auth, boundary
from server.serving.protocol import continue_if_expected
from server.serving.rate_limit import Table, add_rate_limit
from server.serving.routes import ROUTES
from sql import smtp_monitor_lookups, smtp_monitor_patches
from sql.batches import Batcher
from sql.connection import UNAVAILABLE, create_pool
from sql.shared_reads import SharedReads


def create_app(config: Config, *, rates: Table | None = None) -> web.Application:
    """*rates* is the memory that the workers of a server share, if there is a rate limit."""
    app = web.Application(middlewares=[boundary, auth], client_max_size=MAX_BODY)
    app[CONFIG] = config
    app[LISTS] = SharedReads()
    app[JUDGING] = asyncio.Semaphore(2)
    app[PROBING] = asyncio.Semaphore(50)
    app.add_routes(
        web.RouteDef(route.method, route.path, route.handler, {"expect_handler": continue_if_expected})
        for route in ROUTES
    )
    if config.cors_origins:
        add_cors(app, config.cors_origins)
    if config.rate_limit is not None:
        add_rate_limit(app, config.rate_limit, rates or Table())
    app.cleanup_ctx.extend([_traces, _pool, _groups, _callers, _probe, _token_uses, _agent])
    return app


async def _traces(_: web.Application) -> AsyncIterator[None]:
    yield
    access.flush()
    request_metrics.observed.flush()


async def _pool(app: web.Application) -> AsyncIterator[None]:
    app[POOL] = await create_pool(app[CONFIG].database_url)
    yield
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(app[POOL].close(), 5)
    app[POOL].terminate()


async def _groups(app: web.Application) -> AsyncIterator[None]:
    url, rows = app[CONFIG].database_url, app[CONFIG].group_commit_rows
    app[COMMITS] = Batcher(url, smtp_monitor_patches.render, max_rows=rows, observer=batch_metrics.WRITES)
    app[READS] = Batcher(url, smtp_monitor_lookups.render, max_rows=rows, observer=batch_metrics.READS)
    async with _running(app[COMMITS].run()), _running(app[READS].run()):
        yield


async def _callers(app: web.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    app[CALLERS] = callers = Callers(app[POOL], config.database_url, config.jwt_secret)
    async with _running(callers.listener.run()):
        yield


async def _agent(app: web.Application) -> AsyncIterator[None]:
    agent = app[CONFIG].agent
    if agent is None:
        yield
    else:
        async with _running(agent_process.supervise(agent)):
            yield


async def _token_uses(app: web.Application) -> AsyncIterator[None]:
    app[TOKEN_USES] = uses = TokenUses(app[POOL])
    async with _running(uses.run()):
        yield
    with contextlib.suppress(*UNAVAILABLE):
        await uses.flush()


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
