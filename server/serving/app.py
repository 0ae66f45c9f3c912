"""The composition root: what the application is made of, and how it starts and stops."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator

from aiohttp import web

from server.access.callers import Callers
from server.access.cells import Cells
from server.access.fair_slots import FairSlots
from server.access.listeners import Listeners
from server.access.passwords import Hasher
from server.access.signer import Signer
from server.checks.probe import probe
from server.checks.resolver import open_resolver
from server.console import routes as console
from server.console.visit import ASK
from server.handlers import keys
from server.http import build_metrics
from server.http.database_metrics import DatabaseMetrics
from server.http.errors import MAX_BODY
from server.http.exposition import EXPOSITION, Exposition
from server.http.requests import AFTER_LATE_BODY
from server.http.traces import traces
from server.resources import shown_status_pages
from server.resources.smtp_checks import Probe
from server.resources.smtp_monitor_changes import ChangeKeeper
from server.resources.status_page_cache import StatusPages
from server.serving import agent_process
from server.serving.cells import following, opener
from server.serving.config import Config
from server.serving.cors import add_cors
from server.serving.expect import continue_if_expected
from server.serving.inside import ask
from server.serving.middlewares import auth, boundary, identify_again
from server.serving.rate_limit import Table, add_rate_limit
from server.serving.routes import ROUTES
from sql.loops import running
from sql.shared_reads import SharedReads

CONFIG = web.AppKey("CONFIG", Config)
AGENT = web.AppKey("AGENT", asyncio.Task[None])
PROBES = 50  # that people have asked for and wait for, at once


def create_app(config: Config, *, rates: Table | None = None) -> web.Application:
    """The application of one worker. All workers of a server share *rates*, if there is a rate limit."""
    app = web.Application(middlewares=[boundary, auth], client_max_size=MAX_BODY)
    app[CONFIG] = config
    app[keys.KEY_RING] = config.key_ring
    app[keys.SIGNER] = Signer(config.jwt_secret)
    app[keys.SESSION_HOURS] = config.session_hours
    app[keys.TRUSTED_PROXIES] = config.trusted_proxies
    app[keys.CHANGES] = ChangeKeeper(keeps=config.audit)
    app[AFTER_LATE_BODY] = identify_again
    app[keys.LISTS] = SharedReads()
    app[keys.HASHER] = Hasher()
    app[keys.STATUS_PAGES] = StatusPages(lambda slug, before: shown_status_pages.read(app[keys.CELLS], slug, before))
    app[keys.PROBING] = FairSlots(PROBES)
    app[ASK] = ask
    app.add_routes(
        web.RouteDef(route.method, route.path, route.handler, {"expect_handler": continue_if_expected})
        for route in (*ROUTES, *console.ROUTES)
    )
    if config.cors_origins:
        add_cors(app, config.cors_origins)
    if config.rate_limit is not None:
        add_rate_limit(app, config.rate_limit, rates or Table())
    app.cleanup_ctx.extend([_traces, _cells, _probe, _agent])
    app.on_shutdown.extend([_end_agent, _end_listeners])
    return app


async def _traces(_: web.Application) -> AsyncIterator[None]:
    yield
    traces.flush()


async def _cells(app: web.Application) -> AsyncIterator[None]:
    config = app[CONFIG]
    open_cell = opener(config, lambda: app[keys.CALLERS], lambda changed: app[keys.CELLS].hear(changed))
    app[keys.CELLS] = cells = Cells(config.key_ring, config.database_url, open_cell)
    app[keys.CALLERS] = Callers(cells, app[keys.SIGNER], idle_minutes=config.session_idle_minutes)
    build_metrics.tell(config.version, config.commit)
    app[keys.LISTENERS] = listeners = Listeners(app[keys.CALLERS])
    async with following(cells), running(listeners.run()):
        app[keys.DIRECTORY] = cells.home.pool
        metrics = DatabaseMetrics(cells.home.pool, cells.others)
        app[EXPOSITION] = Exposition(config.metrics_token, metrics.measure)
        yield
        metrics.close()


async def _agent(app: web.Application) -> AsyncIterator[None]:
    agent = app[CONFIG].agent
    if agent is None:
        yield
    else:
        app[AGENT] = asyncio.create_task(agent_process.supervise(agent))
        yield
        with contextlib.suppress(asyncio.CancelledError):
            await app[AGENT]


async def _end_agent(app: web.Application) -> None:
    """At once, and not after the last request under way."""
    if AGENT in app:
        app[AGENT].cancel()


async def _end_listeners(app: web.Application) -> None:
    """They would go on for ever."""
    if keys.LISTENERS in app:
        app[keys.LISTENERS].close()


async def _probe(app: web.Application) -> AsyncIterator[None]:
    async with open_resolver() as resolve:
        run: Probe = functools.partial(probe, resolve=resolve, allowed=app[CONFIG].probe_allow)
        app[keys.PROBE] = run
        yield
