"""The settings of the server and of agents: read once, checked at once, passed on."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network

from server.access.key_ring import KeyRing
from server.access.signer import parse_secrets
from server.agent.config import AgentConfig
from server.agent.retention import Retention
from server.checks.networks import Networks
from server.cli import program
from server.cli.channel_settings import read_relay, read_sms
from server.cli.environment import ConfigError, Environment
from server.fields.values import Invalid
from server.resources.locations import location_code
from server.serving.config import Config, Quota

OLDEST = ""  # the location that is the oldest active one
SWITCHES = ("yes", "no", "true", "false", "1", "0")  # somebody means on or off, and no location
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
RATE = re.compile("([1-9][0-9]{0,6})/([1-9][0-9]{0,4})")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")


def read_server(environment: Environment, secret: Callable[[str], str], cores: int) -> Config:
    """All settings but the database's URL. *secret* gives JWT_SECRET and SECRETS_KEY."""
    return Config(
        database_url="",
        jwt_secret=_jwt_secret(secret("JWT_SECRET")),
        key_ring=read_key_ring(secret),
        host=environment.text("HOST", "127.0.0.1") or "",
        port=environment.integer("PORT", 8080, 1, 65535),
        workers=read_workers(environment, cores),
        session_hours=environment.integer("SESSION_HOURS", 12, 1, 8760),
        session_idle_minutes=environment.integer("SESSION_IDLE_MINUTES", 120, 0, 525_600),
        group_commit_rows=environment.integer("GROUP_COMMIT_ROWS", 256, 1, 4096),
        log_level=environment.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        audit=environment.choice("AUDIT", "ON", ("ON", "OFF")) == "ON",
        rate_limit=_quota(environment.text("RATE_LIMIT")),
        metrics_token=_metrics_token(environment),
        cors_origins=frozenset(map(_origin, environment.list("CORS_ORIGINS"))),
        trusted_proxies=tuple(map(_network, environment.list("TRUSTED_PROXIES"))),
    )


def read_workers(environment: Environment, cores: int) -> int:
    return environment.integer("WORKERS", cores, 1, 256)


def read_agent(environment: Environment, key_ring: KeyRing, allowed: Networks) -> AgentConfig:
    """All but the database's URL and the location."""
    sms_url, sms_token = read_sms(environment)
    return AgentConfig(
        database_url="",
        key_ring=key_ring,
        concurrency=environment.integer("CHECK_CONCURRENCY", 500, 1, 10_000),
        allowed=allowed,
        retention=read_retention(environment),
        relay=read_relay(environment),
        sms_url=sms_url,
        sms_token=sms_token,
        host=environment.text("HOST", "127.0.0.1") or "",
        port=environment.integer("AGENT_PORT", 0, 0, 65535),
        metrics_token=_metrics_token(environment),
        log_level=environment.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
    )


def read_location(environment: Environment) -> str | None:
    """Where the agent of a server stands: a location's code, or OLDEST. None if there is no agent."""
    raw = environment.text("AGENT", "on") or ""
    if raw.lower() in ("on", "off"):
        return OLDEST if raw.lower() == "on" else None
    try:
        if raw.lower() in SWITCHES:
            raise Invalid("invalid_location_code")
        return location_code(raw)
    except Invalid as error:
        raise ConfigError(f"AGENT must be on, off or the code of a location, not {raw[:40]!r}") from error


def read_retention(environment: Environment) -> Retention:
    default = Retention()

    def days(name: str, kept: int, low: int = 1) -> int:
        return environment.integer(f"{name}RETENTION_DAYS", kept, low, 36_500)

    return Retention(
        results=days("", default.results),
        daily_results=days("DAILY_RESULTS_", default.daily_results),
        changes=days("CHANGES_", default.changes),
        audit=days("AUDIT_", default.audit),
        incidents=days("INCIDENTS_", default.incidents),
        alerts=days("ALERTS_", default.alerts),
        windows=days("WINDOWS_", default.windows),
        sessions=days("SESSIONS_", default.sessions, low=0),
        login_attempts=days("LOGIN_ATTEMPTS_", default.login_attempts),
        idempotency_keys=days("IDEMPOTENCY_KEYS_", default.idempotency_keys),
    )


def read_key_ring(secret: Callable[[str], str]) -> KeyRing:
    try:
        return KeyRing.parse(secret("SECRETS_KEY"))
    except ValueError as error:
        raise ConfigError(f"SECRETS_KEY {error}; make one with: {program.name()} secrets generate") from error


def _metrics_token(environment: Environment) -> str | None:
    token = environment.text("METRICS_TOKEN")
    if token is not None and not (16 <= len(token) <= 1024 and token.isascii() and token.isprintable()):
        raise ConfigError("METRICS_TOKEN must have 16 to 1024 printable ASCII characters")
    return token


def _jwt_secret(secrets: str) -> str:
    try:
        parse_secrets(secrets)
    except ValueError as error:
        raise ConfigError(f"JWT_SECRET {error}") from error
    return secrets


def _quota(text: str | None) -> Quota | None:
    match = RATE.fullmatch(text) if text else None
    if text and match is None:
        raise ConfigError(f"RATE_LIMIT must be requests/seconds such as 600/60, not {text[:40]!r}")
    return Quota(int(match[1]), int(match[2])) if match else None


def _origin(text: str) -> str:
    match = ORIGIN.fullmatch(text)
    if match is None or int((match[1] or match[2] or ":1")[1:]) > 65535:
        raise ConfigError(f"CORS_ORIGINS must be origins such as https://app.example.com, not {text[:40]!r}")
    return text


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ConfigError(f"TRUSTED_PROXIES must be addresses or networks, not {text[:40]!r}") from error
