"""One alert, and the words in which it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from server.checks.words import describe


@dataclass(frozen=True, slots=True)
class Alert:
    """*id* is the same at every attempt. *facts* are as they were when the alert was written."""

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


def subject(alert: Alert) -> str:
    return SUBJECTS[alert.kind].format(name=alert.facts["monitorName"])


def text(alert: Alert) -> str:
    """Several lines in German, the default language."""
    facts = alert.facts
    port = "" if facts["port"] is None else f":{facts['port']}"
    lines = [f"Monitor: {facts['monitorName']} ({facts['publicId']})", f"Server: {facts['hostname']}{port}"]
    if alert.kind == "certificate_expires":
        lines.append(f"Gültig bis: {facts['notAfter']}, noch {facts['daysLeft']} Tage")
    else:
        lines.append(f"Grund: {describe(facts['code'], 'de', facts['detail'])} [{facts['phase']}: {facts['code']}]")
        lines.append(f"Standorte: {', '.join(facts['locationCodes'])}")
        lines.append(f"Beginn: {facts['openedAt']}")
    if alert.kind == "incident_closed":
        lines.append(f"Ende: {facts['closedAt']}: {REASONS[facts['closeReason']]}")
    return "\n".join(lines) + "\n"
