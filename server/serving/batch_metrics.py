"""Prometheus metrics of the batches of patches and reads."""

from prometheus_client import Counter, Gauge, Histogram

from server.http.traces import BUCKETS, observe_all

SIZES = (1, 4, 16, 64, 256, 1024, 4096)


class BatchMetrics:
    """Metrics of one Batcher, in words: so many *many* shared a *shared*."""

    def __init__(self, name: str, many: str, shared: str) -> None:
        self._rows = Histogram(f"{name}_rows", f"{many} that shared a {shared}", buckets=SIZES)
        self._wait = Histogram(f"{name}_wait_seconds", "Time the first of a batch waited", buckets=BUCKETS)
        self._waiting = Gauge(f"{name}_waiting", f"{many} that wait for a {shared}", multiprocess_mode="livesum")
        self._refused = Counter(f"{name}_refused_total", f"{many} answered 503 because too many waited")

    def observe_batch(self, rows: int, waited: float, waiting: int) -> None:
        self._rows.observe(rows)
        self._wait.observe(waited)
        self._waiting.set(waiting)

    def observe_alone(self, items: int) -> None:
        observe_all(self._rows, [1] * items, SIZES)
        observe_all(self._wait, [0] * items, BUCKETS)

    def observe_refusal(self) -> None:
        self._refused.inc()


WRITES = BatchMetrics("group_commit", "Patches", "commit")
READS = BatchMetrics("group_read", "Reads of one monitor", "statement")
