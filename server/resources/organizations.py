"""An organization and its settings."""

import asyncpg

from server.fields.parser import Field, Parameter
from server.fields.values import integer, nullable, trimmed
from server.http import query
from server.http.answers import timestamp

FIELDS: dict[str, Field] = {
    "name": trimmed(1, 255),
    "failureConfirmations": integer(1, 10),
    "recoveryConfirmations": integer(1, 10),
    "locationSharePercent": integer(1, 100),
    "reminderIntervalMinutes": nullable(integer(5, 10080)),
}
REQUIRED = ("name",)  # to create one
COLUMNS = {
    "name": "name",
    "failureConfirmations": "failure_confirmations",
    "recoveryConfirmations": "recovery_confirmations",
    "locationSharePercent": "location_share_percent",
    "reminderIntervalMinutes": "reminder_interval_minutes",
}
FILTERS: dict[str, Parameter] = {"search": query.search, **query.PAGING}
SERVER_SET = frozenset({"id", "createdAt"})


def represent(row: asyncpg.Record) -> dict[str, object]:
    settings = {name: row[column] for name, column in COLUMNS.items()}
    return {"id": row["id"], **settings, "createdAt": timestamp(row["created_at"])}


def to_columns(fields: dict[str, object]) -> dict[str, object]:
    return {COLUMNS[name]: value for name, value in fields.items()}
