"""A check: what is to be probed, and what a probe is."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from server.checks.outcome import Outcome, represent
from server.checks.target import DEFAULT_TIMEOUT_SECONDS, Target, from_config
from server.fields.smtp_config import SmtpConfig

REQUIRED = ("hostname",)

Probe = Callable[[Target], Awaitable[Outcome]]


def to_target(fields: Mapping[str, Any]) -> Target:
    """What the parsed *fields* of a monitor say is to be probed."""
    config = fields.get("smtpConfig", fields.get("config", SmtpConfig()))
    timeout_seconds = fields.get("timeoutSeconds", DEFAULT_TIMEOUT_SECONDS)
    return from_config(fields["hostname"], fields.get("port"), timeout_seconds, config.whole())


__all__ = ["REQUIRED", "Probe", "represent", "to_target"]
