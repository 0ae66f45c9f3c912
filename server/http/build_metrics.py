"""The Prometheus metric that says which build this is."""

from prometheus_client import Gauge

# an Info cannot be shared by several processes
BUILD = Gauge(
    "smtp_monitors_build_info", "1, by version and commit", ["version", "commit"], multiprocess_mode="livemax"
)


def tell(version: str, commit: str) -> None:
    BUILD.labels(version, commit).set(1)
