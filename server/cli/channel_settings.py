"""The settings of what alerts leave through: two that belong together for each."""

from urllib.parse import SplitResult, urlsplit

from server.alerts.email import Relay
from server.cli.environment import ConfigError, Environment
from server.fields.contacts import email
from server.fields.values import Invalid


def read_relay(environment: Environment) -> Relay | None:
    url, sender = _both(environment, "SMTP_RELAY_URL", "ALERT_SENDER")
    if not url:
        return None
    try:
        relay = Relay.parse(_parts(url), sender)
    except ValueError as error:
        raise ConfigError(f"SMTP_RELAY_URL {error}") from error
    try:
        email(sender)
    except Invalid as error:
        raise ConfigError(f"ALERT_SENDER must be an e-mail address, not {sender[:80]!r}") from error
    return relay


def read_sms(environment: Environment) -> tuple[str | None, str]:
    url, token = _both(environment, "SMS_GATEWAY_URL", "SMS_GATEWAY_TOKEN")
    if not url:
        return None, ""
    try:
        parts = _parts(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be https://host[:port][/path], or http://")
    except ValueError as error:
        raise ConfigError(f"SMS_GATEWAY_URL {error}") from error
    if not (token.isascii() and token.isprintable()):
        raise ConfigError("SMS_GATEWAY_TOKEN must have printable ASCII characters")
    return url, token


def _parts(url: str) -> SplitResult:
    """ValueError for a URL that no client would take."""
    if not url.isprintable() or " " in url:
        raise ValueError("must have neither spaces nor control characters")
    try:
        parts = urlsplit(url)
        if parts.port == 0:
            raise ValueError("port 0")
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from error
    return parts


def _both(environment: Environment, one: str, other: str) -> tuple[str, str]:
    """The values of two settings that mean nothing without each other. Empty if neither is set."""
    values = environment.text(one) or "", environment.text(other) or ""
    for name, value, missing in ((one, values[0], other), (other, values[1], one)):
        if value and not all(values):
            raise ConfigError(f"{name} is set, but {missing} is not")
    return values
