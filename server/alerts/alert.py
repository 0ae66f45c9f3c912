"""One alert, and the words in which it is told."""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson

from server.checks.words import describe
from server.http.times import timestamp

# each fact's column, and its key where it is told
KEYS = {
    "monitor_name": "monitorName",
    "hostname": "hostname",
    "port": "port",
    "smtp_monitor_id": "smtpMonitorId",
    "public_id": "publicId",
    "organization_id": "organizationId",
    "phase": "phase",
    "code": "code",
    "detail": "detail",
    "incident_id": "incidentId",
    "opened_at": "openedAt",
    "closed_at": "closedAt",
    "close_reason": "closeReason",
    "location_codes": "locationCodes",
    "not_after": "notAfter",
    "days_left": "daysLeft",
}
COLUMNS = {key: column for column, key in KEYS.items()}
TIMES = frozenset({"opened_at", "closed_at", "not_after"})


@dataclass(frozen=True, slots=True)
class Alert:
    """*id* is the same at every attempt. *facts* are columns, with what they were when the alert was written."""

    organization_id: int
    id: UUID
    kind: str
    recipient: str
    facts: Mapping[str, Any]
    created_at: datetime
    secret: bytes | None = None


class DeliveryError(Exception):
    """The alert may or may not have arrived. The message says why, without credentials. *final*: do not try again."""

    def __init__(self, detail: str, *, final: bool = False) -> None:
        super().__init__(detail)
        self.final = final

    @classmethod
    def of(cls, error: Exception) -> "DeliveryError":
        """The kind of *error* and its reason. Its own words may hold a webhook's URL, which is a secret."""
        cause = error.__cause__ or error
        for name in ("os_error", "certificate_error"):  # as aiohttp has it
            cause = getattr(error, name, cause)
        reason = None
        if isinstance(cause, ssl.SSLError):
            reason = cause.reason
        elif isinstance(cause, OSError) and (cause.errno or 0) > 0:
            reason = os.strerror(cause.errno or 0)
        return cls(f"{type(error).__name__}: {reason}" if reason else type(error).__name__)


class Channel(Protocol):
    """A way to deliver. *deliver* gives the answer of the other side, or raises DeliveryError."""

    async def deliver(self, alert: Alert) -> str: ...


SUBJECTS = {
    "incident_opened": "[SMTP] Störung: {name}",
    "incident_reminder": "[SMTP] Störung dauert an: {name}",
    "incident_closed": "[SMTP] Störung beendet: {name}",
    "certificate_expires": "[SMTP] Zertifikat läuft ab: {name}",
}
REASONS = {"recovered": "Der Server antwortet wieder", "disabled": "Der Monitor wurde deaktiviert"}


def read_facts(stored: str) -> dict[str, Any]:
    """The facts of a stored alert. One that an earlier version has stored has them by key."""
    facts = {COLUMNS.get(name, name): value for name, value in orjson.loads(stored).items()}
    times = {name: datetime.fromisoformat(facts[name]) for name in TIMES if facts.get(name) is not None}
    return {**facts, **times}


def represent(facts: Mapping[str, Any]) -> dict[str, object]:
    """The facts by key, times as text."""
    return {
        key: timestamp(facts[column]) if column in TIMES else facts[column]
        for column, key in KEYS.items()
        if column in facts
    }


def subject(alert: Alert) -> str:
    return SUBJECTS[alert.kind].format(name=alert.facts["monitor_name"])


def text(alert: Alert) -> str:
    """Several lines in German, the default language."""
    facts = alert.facts
    port = "" if facts["port"] is None else f":{facts['port']}"
    lines = [f"Monitor: {facts['monitor_name']} ({facts['public_id']})", f"Server: {facts['hostname']}{port}"]
    if alert.kind == "certificate_expires":
        lines.append(f"Gültig bis: {timestamp(facts['not_after'])}, noch {facts['days_left']} Tage")
    else:
        lines.append(f"Grund: {describe(facts['code'], 'de', facts['detail'])} [{facts['phase']}: {facts['code']}]")
        lines.append(f"Standorte: {', '.join(facts['location_codes'])}")
        lines.append(f"Beginn: {timestamp(facts['opened_at'])}")
    if alert.kind == "incident_closed":
        lines.append(f"Ende: {timestamp(facts['closed_at'])}: {REASONS[facts['close_reason']]}")
    return "\n".join(lines) + "\n"
