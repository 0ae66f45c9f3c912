"""What an agent is told: what it needs beside the database, and no more."""

from dataclasses import dataclass, field

from server.access.key_ring import KeyRing
from server.agent.retention import Retention
from server.alerts.email import Relay
from server.checks.networks import Networks


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """*location* None means the oldest active location. With *port* 0 no metrics are served."""

    database_url: str = field(repr=False)
    key_ring: KeyRing = field(repr=False)
    location: str | None = None
    concurrency: int = 500
    allowed: Networks = field(default_factory=Networks)
    retention: Retention = field(default_factory=Retention)
    relay: Relay | None = None
    sms_url: str | None = None
    sms_token: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    metrics_token: str | None = field(default=None, repr=False)
    log_level: str = "INFO"
    version: str = "unknown"
    commit: str = "unknown"
