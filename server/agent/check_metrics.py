"""Prometheus metrics of checks, by location."""

import functools

from prometheus_client import Counter, Gauge, Histogram

LATENESS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
DUE = Gauge("smtp_checks_due", "Checks that are due and not claimed", ["location"], multiprocess_mode="livemax")
CLAIMED = Counter("smtp_checks_claimed_total", "Checks claimed", ["location"])
LATE = Histogram("smtp_check_lateness_seconds", "From due to claimed", ["location"], buckets=LATENESS)
IN_FLIGHT = Gauge("smtp_checks_in_flight", "Checks under way", ["location"], multiprocess_mode="livesum")
VERDICTS = Counter("smtp_checks_total", "Checks by verdict", ["location", "verdict"])


class LocationMetrics:
    """The metrics of one location, in all cells. Each is looked up once."""

    def __init__(self, code: str) -> None:
        self._claimed = CLAIMED.labels(code)
        self._late = LATE.labels(code)
        self._in_flight = IN_FLIGHT.labels(code)
        self._due = DUE.labels(code)
        self._due_in: dict[int, int] = {}
        self._verdicts = {verdict: VERDICTS.labels(code, verdict) for verdict in ("success", "warning", "failure")}

    def claimed(self, late: float) -> None:
        self._claimed.inc()
        self._late.observe(max(late, 0.0))
        self._in_flight.inc()

    def ended(self) -> None:
        self._in_flight.dec()

    def judged(self, verdict: str) -> None:
        self._verdicts[verdict].inc()

    def due(self, cell: int, count: int) -> None:
        self._due_in[cell] = count
        self._due.set(sum(self._due_in.values()))

    def left(self, cell: int) -> None:
        self._due_in.pop(cell, None)
        self._due.set(sum(self._due_in.values()))


@functools.cache
def at(code: str) -> LocationMetrics:
    return LocationMetrics(code)
