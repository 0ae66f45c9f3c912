"""The settings, read once, checked at once, passed on."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.checks.networks import Networks
from server.secrets import KeyRing

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MIN_SECRET_BYTES = 32
RATE = re.compile("([1-9][0-9]{0,6})/([1-9][0-9]{0,4})")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigError(Exception):
    """A setting is wrong or missing; the message names it."""


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
    group_commit_rows: int = 256
    log_level: str = "INFO"
    audit: bool = True
    rate_limit: Quota | None = None
    cors_origins: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    probe_allow: Networks = field(default_factory=Networks)
    agent: "AgentProcess | None" = None


@dataclass(frozen=True, slots=True)
class AgentProcess:
    """How an agent beside the workers is started; whoever holds *lock* starts it."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    lock: Path


class Environment:
    """Environment variables; a secret may also be given as the file that ``NAME_FILE`` names."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None) -> str | None:
        path = self._variables.get(f"{name}_FILE")
        if path is None:
            return self._variables.get(name) or default
        if name in self._variables:
            raise ConfigError(f"{name} and {name}_FILE are both set; set one of them")
        try:
            return Path(path).read_text().strip()
        except (OSError, UnicodeError) as error:
            raise ConfigError(f"{name}_FILE cannot be read: {error}") from error

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise ConfigError(f"{name} must be set")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default)) or ""
        if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and low <= int(raw) <= high):
            raise ConfigError(f"{name} must be an integer from {low} to {high}, not {raw[:40]!r}")
        return int(raw)

    def list(self, name: str) -> list[str]:
        """The parts between commas."""
        return [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]

    def choice(self, name: str, default: str, accepted: tuple[str, ...]) -> str:
        raw = (self.text(name, default) or "").upper()
        if raw not in accepted:
            raise ConfigError(f"{name} must be one of {', '.join(accepted)}, not {raw!r}")
        return raw


def read(environment: Environment, secret: Callable[[str], str], cores: int) -> Config:
    """All but the database's URL; *secret* gives JWT_SECRET and SECRETS_KEY."""
    jwt_secret = secret("JWT_SECRET")
    if len(jwt_secret.encode()) < MIN_SECRET_BYTES:
        raise ConfigError(f"JWT_SECRET must have at least {MIN_SECRET_BYTES} bytes")
    return Config(
        database_url="",
        jwt_secret=jwt_secret,
        key_ring=read_key_ring(secret),
        host=environment.text("HOST", "127.0.0.1") or "",
        port=environment.integer("PORT", 8080, 1, 65535),
        workers=environment.integer("WORKERS", cores, 1, 256),
        session_hours=environment.integer("SESSION_HOURS", 12, 1, 8760),
        group_commit_rows=environment.integer("GROUP_COMMIT_ROWS", 256, 1, 4096),
        log_level=environment.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        audit=environment.choice("AUDIT", "ON", ("ON", "OFF")) == "ON",
        rate_limit=_quota(environment.text("RATE_LIMIT")),
        cors_origins=frozenset(map(_origin, environment.list("CORS_ORIGINS"))),
        trusted_proxies=tuple(map(_network, environment.list("TRUSTED_PROXIES"))),
    )


def read_key_ring(secret: Callable[[str], str]) -> KeyRing:
    try:
        return KeyRing.parse(secret("SECRETS_KEY"))
    except ValueError as error:
        raise ConfigError(f"SECRETS_KEY {error}; make one with: run.py secrets generate") from error


def _quota(text: str | None) -> Quota | None:
    match = RATE.fullmatch(text) if text else None
    if text and match is None:
        raise ConfigError(f"RATE_LIMIT must be requests/seconds such as 600/60, not {text[:40]!r}")
    return Quota(int(match[1]), int(match[2])) if match else None


def _origin(text: str) -> str:
    if not ORIGIN.fullmatch(text):
        raise ConfigError(f"CORS_ORIGINS must be origins such as https://app.example.com, not {text[:40]!r}")
    return text


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ConfigError(f"TRUSTED_PROXIES must be addresses or networks, not {text[:40]!r}") from error


def probe_allow(environment: Environment, *, default: str) -> Networks:
    """The networks that may be probed beside the public internet."""
    raw = environment.text("PROBE_ALLOW", default) or ""
    try:
        return Networks.parse(raw)
    except ValueError as error:
        raise ConfigError(f"PROBE_ALLOW must be networks with commas between them: {error}") from error
