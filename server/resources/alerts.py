"""An alert: one message to one receiver, and the attempts to deliver it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from server.http.messages import text
from server.http.times import timestamp


def represent(row: asyncpg.Record, language: str, *, secrets: bool) -> dict[str, object]:
    """The URL of a webhook is shown with *secrets* alone."""
    return {
        "id": str(row["id"]),
        "incidentId": row["incident_id"],
        "kind": row["kind"],
        "channel": row["channel"],
        "recipient": row["recipient"] if secrets or row["channel"] != "webhook" else None,
        "status": row["state"],
        "createdAt": timestamp(row["created_at"]),
        "endedAt": timestamp(row["ended_at"]),
        "attempts": [_represent_attempt(attempt, language) for attempt in orjson.loads(row["attempts"])],
    }


def _represent_attempt(attempt: Mapping[str, Any], language: str) -> dict[str, object]:
    """What the receiver said; number 0 is none: nobody could make one."""
    return {
        "number": attempt["number"],
        "endedAt": timestamp(datetime.fromisoformat(attempt["ended_at"])),
        "delivered": attempt["delivered"],
        "detail": attempt["detail"] if attempt["number"] else text("channel_missing", language, {}),
    }
