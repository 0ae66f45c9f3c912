"""An agent's settings: what it needs beside the database, and no more."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from server.alerts.email import Relay
from server.checks.networks import Networks
from server.config import LOG_LEVELS, ConfigError, Environment
from server.fields import Invalid, email
from server.secrets import KeyRing


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """*location* None is the oldest active one. *port* 0 serves no metrics."""

    database_url: str = field(repr=False)
    key_ring: KeyRing = field(repr=False)
    location: str | None = None
    concurrency: int = 500
    allowed: Networks = field(default_factory=Networks)
    retention_days: int = 35
    relay: Relay | None = None
    sms_url: str | None = None
    sms_token: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 0
    log_level: str = "INFO"


def read(environment: Environment, key_ring: KeyRing, allowed: Networks) -> AgentConfig:
    """All but the database's URL and the location."""
    sms_url = environment.text("SMS_GATEWAY_URL")
    if sms_url and urlsplit(sms_url).scheme not in ("http", "https"):
        raise ConfigError("SMS_GATEWAY_URL must begin with https:// or http://")
    return AgentConfig(
        database_url="",
        key_ring=key_ring,
        concurrency=environment.integer("CHECK_CONCURRENCY", 500, 1, 10_000),
        allowed=allowed,
        retention_days=environment.integer("RETENTION_DAYS", 35, 1, 3650),
        relay=_relay(environment),
        sms_url=sms_url,
        sms_token=environment.required("SMS_GATEWAY_TOKEN") if sms_url else "",
        host=environment.text("HOST", "127.0.0.1") or "",
        port=environment.integer("AGENT_PORT", 0, 0, 65535),
        log_level=environment.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
    )


def _relay(environment: Environment) -> Relay | None:
    url = environment.text("SMTP_RELAY_URL")
    if not url:
        return None
    sender = environment.required("ALERT_SENDER")
    try:
        email(sender)
    except Invalid as error:
        raise ConfigError(f"ALERT_SENDER must be an e-mail address, not {sender[:80]!r}") from error
    try:
        return Relay.parse(urlsplit(url), sender)
    except ValueError as error:
        raise ConfigError(f"SMTP_RELAY_URL {error}") from error
