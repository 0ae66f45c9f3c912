"""Checks, incidents and alerts as JSON, as they are read of one monitor."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from server.checks.words import describe
from server.fields.parser import Parameter
from server.http import query
from server.http.answers import timestamp
from sql.smtp_checks import PHASES

FILTERS: dict[str, Parameter] = {"limit": query.number(1, 200)}
DEFAULT_LIMIT = 50


def represent_check(row: asyncpg.Record, language: str) -> dict[str, object]:
    """What a probe answers, without its TLS facts and capabilities; with the location."""
    warnings = orjson.loads(row["warnings"] or "[]")
    return {
        "verdict": row["verdict"],
        "phase": row["phase"],
        "code": row["code"],
        "message": describe(row["code"], language, row["detail"]),
        "replyCode": row["reply_code"],
        "replyText": row["reply_text"],
        "hostname": row["hostname"],
        "address": row["address"],
        "port": row["port"],
        "checkedAt": timestamp(row["checked_at"]),
        "timings": {**{phase: milliseconds(row[f"{phase}_ms"]) for phase in PHASES}, "total": _total(row)},
        "warnings": [
            {"code": warned["code"], "message": describe(warned["code"], language, warned["detail"])}
            for warned in warnings
        ],
        "locationCode": row["location_code"],
        "locationName": row["location_name"],
    }


def represent_latest(row: asyncpg.Record) -> dict[str, object]:
    return {
        "status": row["verdict"],
        "checkedAt": timestamp(row["checked_at"]),
        "timingSmtp": _total(row),
        "locationCode": row["location_code"],
        "locationName": row["location_name"],
    }


def represent_incident(row: asyncpg.Record, language: str) -> dict[str, object]:
    closed_at = row["closed_at"]
    return {
        "id": row["id"],
        "status": "open" if closed_at is None else "closed",
        "openedAt": timestamp(row["opened_at"]),
        "closedAt": timestamp(closed_at),
        "durationSeconds": None if closed_at is None else int((closed_at - row["opened_at"]).total_seconds()),
        "closeReason": row["close_reason"],
        "phase": row["phase"],
        "code": row["code"],
        "message": describe(row["code"], language, row["detail"]),
        "locationCodes": row["location_codes"],
    }


def represent_alert(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": str(row["id"]),
        "incidentId": row["incident_id"],
        "kind": row["kind"],
        "channel": row["channel"],
        "recipient": row["recipient"],
        "status": row["state"],
        "createdAt": timestamp(row["created_at"]),
        "endedAt": timestamp(row["ended_at"]),
        "attempts": [_represent_attempt(attempt) for attempt in orjson.loads(row["attempts"])],
    }


def _represent_attempt(attempt: Mapping[str, Any]) -> dict[str, object]:
    return {
        "number": attempt["number"],
        "endedAt": timestamp(datetime.fromisoformat(attempt["ended_at"])),
        "delivered": attempt["delivered"],
        "detail": attempt["detail"],
    }


def milliseconds(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _total(row: asyncpg.Record) -> float | None:
    return milliseconds(row["total_ms"])
