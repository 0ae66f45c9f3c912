"""What each request leaves: a count and a time for Prometheus, and a line in the log on stderr.

Requests are gathered, then counted and logged ten times a second. A write to the log for each request would cost
as much as the request, and prometheus_client takes 4 µs for each. No line has a token or a body in it.
"""

import asyncio
import logging
import sys
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from prometheus_client import Counter, Histogram

from server.fields.values import CANONICAL_UUID
from server.http.times import log_time

FLUSH_SECONDS = 0.1
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# a series for each bucket of each route, so the status is apart from the time
REQUESTS = Counter("http_requests", "Requests answered", ["method", "route", "status"])
DURATION = Histogram("http_request_duration_seconds", "Time to answer", ["method", "route"], buckets=BUCKETS)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

logger = logging.getLogger("access")


class Trace(NamedTuple):
    """One answered request. We chose or judged every value but *monitor_id*, so a line needs no escaping."""

    request_id: str
    method: str
    route: str
    status: int
    seconds: float
    user_id: int | None
    address: str
    monitor_id: str | None  # what stood in its place in the path
    answered_at: float  # seconds since the epoch


class Traces:
    def __init__(self) -> None:
        self._left: list[Trace] = []

    def leave(
        self,
        request_id: str,
        method: str,
        route: str,
        status: int,
        seconds: float,
        user_id: int | None,
        address: str,
        monitor_id: str | None,
    ) -> None:
        if not self._left:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        known = method if method in METHODS else "OTHER"  # a client may send any word as its method
        trace = Trace(request_id, known, route, status, seconds, user_id, address, monitor_id, time.time())
        self._left.append(trace)

    def flush(self) -> None:
        left, self._left = self._left, []
        _count(left)
        if not logger.isEnabledFor(logging.INFO):
            return
        if self._for_people:
            for trace in left:
                _say(trace)
        else:
            sys.stderr.write("".join(map(_line, left)))
            sys.stderr.flush()

    @cached_property
    def _for_people(self) -> bool:
        return sys.stderr.isatty()


traces = Traces()


def observe_all(histogram: Histogram, values: Sequence[float], buckets: Sequence[float]) -> None:
    """The same as observe() for each value, but each bucket is written once."""
    histogram._sum.inc(sum(values))
    counts = [0] * (len(buckets) + 1)
    for value in values:
        counts[bisect_left(buckets, value)] += 1
    for bucket, count in zip(histogram._buckets, counts, strict=True):
        if count:
            bucket.inc(count)


def _count(left: list[Trace]) -> None:
    """The same as observe() for each request, but once for all of a kind."""
    durations: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for _, method, route, status, seconds, *_ in left:
        durations[method, route, status].append(seconds)
    for (method, route, status), taken in durations.items():
        REQUESTS.labels(method, route, str(status)).inc(len(taken))
        observe_all(DURATION.labels(method, route), taken, BUCKETS)


def _say(trace: Trace) -> None:
    milliseconds = round(trace.seconds * 1000, 2)
    words = (trace.method, trace.route, trace.status, milliseconds, trace.request_id, trace.user_id)
    logger.info("%s %s %d %s ms %s user=%s address=%s monitor=%s", *words, trace.address, _monitor_id(trace))


def _line(trace: Trace) -> str:
    request_id, method, route, status, seconds, user_id, address, _, answered_at = trace
    monitor_id = _monitor_id(trace)
    quoted = "null" if monitor_id is None else f'"{monitor_id}"'
    return (
        f'{{"time":"{log_time(int(answered_at * 1000))}","level":"INFO","logger":"access","message":"request",'
        f'"requestId":"{request_id}","method":"{method}","route":"{route}","status":{status},'
        f'"durationMs":{seconds * 1000:.2f},"userId":{"null" if user_id is None else user_id},'
        f'"address":"{address}","monitorId":{quoted}}}\n'
    )


def _monitor_id(trace: Trace) -> str | None:
    """A client may send anything where the id should be."""
    text = trace.monitor_id
    return text if text is not None and CANONICAL_UUID.fullmatch(text) else None
