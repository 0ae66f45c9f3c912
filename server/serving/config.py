"""What the running server is told; the command line reads it from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from server.access.key_ring import KeyRing
from server.checks.networks import Networks


@dataclass(frozen=True, slots=True)
class Quota:
    """*requests* in any *seconds*."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Config:
    """What the running server is told; secrets never show in a repr."""

    database_url: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    key_ring: KeyRing = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    session_hours: int = 12
    session_idle_minutes: int = 120
    group_commit_rows: int = 256
    log_level: str = "INFO"
    version: str = "unknown"
    commit: str = "unknown"
    audit: bool = True
    rate_limit: Quota | None = None
    metrics_token: str | None = field(default=None, repr=False)
    cors_origins: frozenset[str] = frozenset()
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    probe_allow: Networks = field(default_factory=Networks)
    agent: "AgentProcess | None" = None


@dataclass(frozen=True, slots=True)
class AgentProcess:
    """How the agent beside the workers is started. The worker that holds *lock* starts it."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    lock: Path
