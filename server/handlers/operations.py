"""For operators: is the process up, is the database there, and what is counted."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

import sql
from server.handlers.keys import POOL
from server.http.answers import Answer, json_answer
from server.http.request_metrics import observed


async def get_health(_: web.Request) -> Answer:
    return json_answer({"status": "ok"})


async def get_readiness(request: web.Request) -> Answer:
    await sql.applied_migrations.ping(request.app[POOL])
    return json_answer({"status": "ok"})


async def get_metrics(_: web.Request) -> Answer:
    """Prometheus metrics; with several workers each scrape adds them up."""
    observed.flush()
    registry: CollectorRegistry = REGISTRY
    if values.ValueClass is not values.MutexValue:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Answer(generate_latest(registry), fields={"Content-Type": CONTENT_TYPE_LATEST})
