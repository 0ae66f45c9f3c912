"""An agent: checks at a location, alerts, upkeep, and the metrics of them."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
from aiohttp import web

import sql
from server.agent import indexing, retention, upkeep
from server.agent.checker import Location, Runner
from server.agent.config import AgentConfig
from server.alerts.alert import Channel
from server.alerts.email import Email
from server.alerts.outbox import Outbox
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
from sql.connection import FAILURES, create_pool
from sql.listener import Listener
from sql.loops import running
from sql.outages import outage
from sql.shared_reads import SharedReads

logger = logging.getLogger(__name__)

POOL_SIZE = 8
RETRY = 2.0  # seconds between two looks for a database or location that is not there
CHANNEL_SECONDS = 20.0


async def run(config: AgentConfig, stopping: asyncio.Event) -> None:
    """Work at the location until *stopping*. Wait for the database and the location, if they are not there yet."""
    async with (
        _pool(config) as pool,
        running(indexing.run(pool)),
        open_resolver() as resolve,
        _channels(config) as channels,
    ):
        location = await _prepare(pool, config, stopping)
        if location is None:
            return
        runner = Runner(
            pool,
            location,
            concurrency=config.concurrency,
            ring=config.key_ring,
            resolve=resolve,
            allowed=config.allowed,
            channels=list(channels),
        )
        outbox, purging = Outbox(pool, channels), asyncio.Event()

        def hear(about: str) -> None:
            if about in ("", location.code):
                runner.wake()
            if about in ("", "alerts"):
                outbox.wake()
            if about in ("", "retention"):
                purging.set()

        async with (
            _operations(config, pool),
            running(Listener(config.database_url, "agents", hear).run()),
            running(database_metrics.watch(pool)),
            asyncio.TaskGroup() as group,
        ):
            logger.info("agent works at %s", location.code)
            keeping = upkeep.run(
                pool,
                location.id,
                location.code,
                retention_days=config.retention.results,
                stopping=stopping,
            )
            ending = retention.run(pool, config.retention, purging, stopping)
            parts = (runner.run(stopping), outbox.run(stopping), keeping, ending)
            work = [group.create_task(part) for part in parts]
            await stopping.wait()
            hear("")
            await asyncio.wait(work)


@contextlib.asynccontextmanager
async def _pool(config: AgentConfig) -> AsyncIterator[asyncpg.Pool]:
    pool = await create_pool(config.database_url, max_size=POOL_SIZE)
    try:
        yield pool
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 2)
        pool.terminate()


async def _prepare(pool: asyncpg.Pool, config: AgentConfig, stopping: asyncio.Event) -> Location | None:
    """Find the location and make the partitions for its results; None if stopped before."""
    told = False
    while True:
        try:
            row = await sql.locations.select_one(pool, config.location)
            if row is not None:
                await upkeep.prepare(pool, retention_days=config.retention.results)
                outage.worked("preparing")
                return Location(row["id"], row["code"])
            if not told:
                logger.warning("no location %s; the command location add adds one", config.location or "yet")
            told = True
        except FAILURES as error:
            outage.failed("preparing", error)
        if await _stopped_within(stopping, RETRY):
            return None


@contextlib.asynccontextmanager
async def _channels(config: AgentConfig) -> AsyncIterator[dict[str, Channel]]:
    timeout = aiohttp.ClientTimeout(total=CHANNEL_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        channels: dict[str, Channel] = {"webhook": Webhook(session, config.key_ring)}
        if config.relay:
            channels["email"] = Email(config.relay)
        if config.sms_url:
            channels["sms"] = Sms(session, config.sms_url, config.sms_token)
        yield channels


@contextlib.asynccontextmanager
async def _operations(config: AgentConfig, pool: asyncpg.Pool) -> AsyncIterator[None]:
    """Health and metrics over HTTP, if a port is set."""
    build_metrics.tell(config.version, config.commit)
    if not config.port:
        yield
        return
    app = web.Application(middlewares=[_boundary])
    app[DIRECTORY], app[LISTS] = pool, SharedReads()
    app[EXPOSITION] = Exposition(config.metrics_token, DatabaseMetrics(pool).measure)
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


@middleware
async def _boundary(request: web.Request, handler: Handler) -> Answer:
    """Turn errors into answers, such as 503 while the database is away."""
    try:
        return await handler(request)
    except Exception as error:
        api_error = to_api_error(error, where=f"{request.method} {request.path}")
        return render(api_error, request.headers.get("Accept-Language", ""))


async def _stopped_within(stopping: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
    return stopping.is_set()
