"""For operators: is the process up, is the database there, and the metrics."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

import sql
from server.handlers.keys import POOL
from server.http.answers import Answer
from server.http.traces import traces


async def get_health(_: web.Request) -> Answer:
    return Answer.json({"status": "ok"})


async def get_readiness(request: web.Request) -> Answer:
    await sql.applied_migrations.ping(request.app[POOL])
    return Answer.json({"status": "ok"})


async def get_metrics(_: web.Request) -> Answer:
    """Prometheus metrics; with several workers each scrape adds them up."""
    traces.flush()
    registry: CollectorRegistry = REGISTRY
    if values.ValueClass is not values.MutexValue:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Answer(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
