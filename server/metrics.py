"""Prometheus metrics; with several workers each scrape adds them up."""

from collections.abc import Iterable

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

from server.answers import Answer

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
DURATION = Histogram("http_request_duration_seconds", "Time to answer", ["method", "route", "status"], buckets=BUCKETS)
BATCH_ROWS = Histogram("group_commit_rows", "Patches that shared a commit", buckets=(1, 4, 16, 64, 256, 1024, 4096))
BATCH_WAIT = Histogram("group_commit_wait_seconds", "Time the first of a batch waited", buckets=BUCKETS)
WAITING = Gauge("group_commit_waiting", "Patches that wait for a commit", multiprocess_mode="livesum")
REFUSED = Counter("group_commit_refused_total", "Patches answered 503 because too many waited")


def observe_batch(rows: int, waited: float, waiting: int) -> None:
    BATCH_ROWS.observe(rows)
    BATCH_WAIT.observe(waited)
    WAITING.set(waiting)


def observe_refusal() -> None:
    REFUSED.inc()


class RequestMetrics:
    """Times answered requests; the labelled metric of each route and status is looked up once."""

    def __init__(self) -> None:
        self._labelled: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        histogram = self._labelled.get((method, route, status))
        if histogram is None:
            histogram = self._labelled[method, route, status] = DURATION.labels(method, route, str(status))
        histogram.observe(seconds)


async def exposition(_: web.Request) -> Answer:
    registry: CollectorRegistry = REGISTRY
    if values.ValueClass is not values.MutexValue:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Answer(generate_latest(registry), fields={"Content-Type": CONTENT_TYPE_LATEST})


def known_method(
    method: str, known: Iterable[str] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
) -> str:
    """A label of bounded variety: a client may send any word as its method."""
    return method if method in known else "OTHER"
