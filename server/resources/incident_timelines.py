"""What happened around an incident, in the order of time: what confirmed it, who was told, who did what, its end."""

from collections.abc import Iterable
from typing import Any

import asyncpg

from server.checks.words import describe
from server.http.times import timestamp
from server.resources import smtp_monitor_changes

MAX_CHANGES = 100
# of what happens at the same moment, a check comes before what it opens or closes
KINDS = ("check", "opened", "acknowledged", "change", "closed", "alert")


def represent(
    incident: dict[str, Any],
    checks: Iterable[asyncpg.Record],
    alerts: Iterable[asyncpg.Record],
    changes: Iterable[asyncpg.Record],
    language: str,
) -> list[dict[str, Any]]:
    """Entries with ``at`` and ``kind``, oldest first. *incident* is as a list shows it."""
    entries = [
        {"at": incident["openedAt"], "kind": "opened"},
        *(_check(row, language) for row in checks),
        *(_alert(row) for row in alerts),
        *(_change(row) for row in changes),
    ]
    if incident["acknowledgedAt"] is not None:
        by, reason = incident["acknowledgedBy"], incident["acknowledgeReason"]
        entries.append({"at": incident["acknowledgedAt"], "kind": "acknowledged", "actor": by, "reason": reason})
    if incident["closedAt"] is not None:
        entries.append({"at": incident["closedAt"], "kind": "closed", "reason": incident["closeReason"]})
    return sorted(entries, key=lambda entry: (entry["at"], KINDS.index(entry["kind"])))


def _check(row: asyncpg.Record, language: str) -> dict[str, Any]:
    return {
        "at": timestamp(row["checked_at"]),
        "kind": "check",
        "locationCode": row["location_code"],
        "locationName": row["location_name"],
        "verdict": row["verdict"],
        "phase": row["phase"],
        "code": row["code"],
        "message": describe(row["code"], language, row["detail"]),
        "replyCode": row["reply_code"],
        "replyText": row["reply_text"],
        "address": row["address"],
    }


def _alert(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "at": timestamp(row["created_at"]),
        "kind": "alert",
        "alertKind": row["kind"],
        "channel": row["channel"],
        "status": row["state"],
        "attempts": row["attempts"],
    }


def _change(row: asyncpg.Record) -> dict[str, Any]:
    change = smtp_monitor_changes.represent(row)
    return {
        "at": change["changedAt"],
        "kind": "change",
        "changeId": change["id"],
        "actor": change["actor"],
        "fields": change["fields"],
    }
