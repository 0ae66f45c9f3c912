"""An agent: what it is made of, and how it starts and stops."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
from aiohttp import web

import sql
from server.access.shares import Slots
from server.agent.cells import POOL_SIZE, Cells
from server.agent.checker import Location
from server.agent.config import AgentConfig
from server.agent.work import Tools, opened
from server.alerts.alert import Channel
from server.alerts.email import Email
from server.alerts.sms import Sms
from server.alerts.webhook import Webhook
from server.checks.resolver import open_resolver
from server.handlers import operations
from server.handlers.keys import DIRECTORY, LISTS
from server.http import build_metrics, database_metrics
from server.http.answers import Answer, Handler, middleware
from server.http.database_metrics import DatabaseMetrics
from server.http.error_answers import render, to_api_error
from server.http.exposition import EXPOSITION, Exposition
from sql.connection import FAILURES
from sql.loops import happens, running
from sql.outages import outage
from sql.shared_reads import SharedReads

logger = logging.getLogger(__name__)

RETRY = 2.0  # seconds between two looks for a database or location that is not there
CHANNEL_SECONDS = 20.0


async def run(config: AgentConfig, stopping: asyncio.Event) -> None:
    """Work at the location until *stopping*. Wait for the database and the location, if they are not there yet."""
    async with (
        opened(0, config.database_url, pool_size=POOL_SIZE) as home,
        open_resolver() as resolve,
        _channels(config) as channels,
    ):
        location = await _find_location(home.pool, config.location, stopping)
        if location is None:
            return
        cells = Cells(home, Tools(config, location, resolve, channels, Slots(config.concurrency)))
        async with _operations(config, home.pool, cells), running(database_metrics.watch(cells.pools)):
            logger.info("agent works at %s", location.code)
            await cells.run(stopping)


async def _find_location(pool: asyncpg.Pool, code: str | None, stopping: asyncio.Event) -> Location | None:
    """None if stopped before there is one."""
    told = False
    while not stopping.is_set():
        try:
            row = await sql.locations.select_one(pool, code)
            outage.worked("finding the location")
            if row is not None:
                return Location(row["id"], row["code"])
            if not told:
                logger.warning("no location %s; the command location add adds one", code or "yet")
            told = True
        except FAILURES as error:
            outage.failed("finding the location", error)
        await happens(stopping, within=RETRY)
    return None


@contextlib.asynccontextmanager
async def _channels(config: AgentConfig) -> AsyncIterator[dict[str, Channel]]:
    # no limit here: each cell has its own outbox, and must not wait for the receivers of another one
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=CHANNEL_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        channels: dict[str, Channel] = {"webhook": Webhook(session, config.key_ring)}
        if config.relay:
            channels["email"] = Email(config.relay)
        if config.sms_url:
            channels["sms"] = Sms(session, config.sms_url, config.sms_token)
        yield channels


@contextlib.asynccontextmanager
async def _operations(config: AgentConfig, pool: asyncpg.Pool, cells: Cells) -> AsyncIterator[None]:
    """Health and metrics over HTTP, if a port is set."""
    build_metrics.tell(config.version, config.commit)
    if not config.port:
        yield
        return
    app = web.Application(middlewares=[_boundary])
    app[DIRECTORY], app[LISTS] = pool, SharedReads()
    metrics = DatabaseMetrics(pool, cells.others)
    app[EXPOSITION] = Exposition(config.metrics_token, metrics.measure)
    app.add_routes(
        [
            web.get("/healthz", operations.get_health),
            web.get("/readyz", operations.get_readiness),
            web.get("/metrics", operations.get_metrics),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.host, config.port).start()
        yield
    finally:
        await runner.cleanup()
        metrics.close()


@middleware
async def _boundary(request: web.Request, handler: Handler) -> Answer:
    """Turn errors into answers, such as 503 while the database is away."""
    try:
        return await handler(request)
    except Exception as error:
        api_error = to_api_error(error, where=f"{request.method} {request.path}")
        return render(api_error, request.headers.get("Accept-Language", ""))
