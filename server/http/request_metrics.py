"""How many requests were answered, how, and in what time."""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
DURATION = Histogram("http_request_duration_seconds", "Time to answer", ["method", "route", "status"], buckets=BUCKETS)


class RequestMetrics:
    """Times answered requests. They are gathered and told a few times a second: to tell each takes 4 µs."""

    FLUSH_SECONDS = 0.1

    def __init__(self) -> None:
        self._gathered: dict[tuple[str, str, int], Gathered] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        if not self._gathered:
            asyncio.get_running_loop().call_later(self.FLUSH_SECONDS, self.flush)
        gathered = self._gathered.get((method, route, status))
        if gathered is None:
            gathered = self._gathered[method, route, status] = Gathered()
        gathered.seconds += seconds
        gathered.buckets[bisect_left(BUCKETS, seconds)] += 1

    def flush(self) -> None:
        for (method, route, status), gathered in self._gathered.items():
            histogram = DURATION.labels(method, route, str(status))
            histogram._sum.inc(gathered.seconds)
            for bucket, times in zip(histogram._buckets, gathered.buckets, strict=True):
                if times:
                    bucket.inc(times)
        self._gathered.clear()


@dataclass(slots=True)
class Gathered:
    """The sum of some durations, and how many are in each bucket, the last being without bound."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))


observed = RequestMetrics()


def known_method(
    method: str, known: Iterable[str] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
) -> str:
    """A label of bounded variety: a client may send any word as its method."""
    return method if method in known else "OTHER"
