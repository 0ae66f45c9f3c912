"""An incident: an outage of a monitor that was confirmed."""

import asyncpg

from server.checks.words import describe
from server.http.times import timestamp


def represent(row: asyncpg.Record, language: str) -> dict[str, object]:
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
