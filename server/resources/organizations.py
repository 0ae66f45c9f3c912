"""An organization and its settings."""

from collections.abc import Mapping

import asyncpg

from server.access import passwords
from server.fields.parser import Field, Parameter
from server.fields.values import boolean, integer, nullable, trimmed
from server.http import query
from server.http.errors import forbidden
from server.http.times import timestamp

MAX_LIMIT = 10_000_000
LIMITS: dict[str, Field] = {
    "maxSmtpMonitors": integer(0, MAX_LIMIT),
    "maxCustomers": integer(0, MAX_LIMIT),
    "maxUsers": integer(0, MAX_LIMIT),
    "maxTokens": integer(0, MAX_LIMIT),
    "maxMaintenanceWindows": integer(0, MAX_LIMIT),
    "maxStatusPages": integer(0, MAX_LIMIT),
    "maxStatusPageMessages": integer(0, MAX_LIMIT),
}
FIELDS: dict[str, Field] = {
    "name": trimmed(1, 255),
    "failureConfirmations": integer(1, 10),
    "recoveryConfirmations": integer(1, 10),
    "locationSharePercent": integer(1, 100),
    "reminderIntervalMinutes": nullable(integer(5, 10080)),
    "requireTwoFactor": boolean,
    **LIMITS,
}
REMOVAL_FIELDS: dict[str, Field] = {"currentPassword": passwords.current_password}
REQUIRED = ("name",)  # to create one
COLUMNS = {
    "name": "name",
    "failureConfirmations": "failure_confirmations",
    "recoveryConfirmations": "recovery_confirmations",
    "locationSharePercent": "location_share_percent",
    "reminderIntervalMinutes": "reminder_interval_minutes",
    "requireTwoFactor": "require_two_factor",
    "maxSmtpMonitors": "max_smtp_monitors",
    "maxCustomers": "max_customers",
    "maxUsers": "max_users",
    "maxTokens": "max_tokens",
    "maxMaintenanceWindows": "max_maintenance_windows",
    "maxStatusPages": "max_status_pages",
    "maxStatusPageMessages": "max_status_page_messages",
}
FILTERS: dict[str, Parameter] = {"search": query.search, **query.PAGING}
SERVER_SET = frozenset({"id", "createdAt"})


def represent(row: asyncpg.Record) -> dict[str, object]:
    settings = {name: row[column] for name, column in COLUMNS.items()}
    return {"id": row["id"], **settings, "createdAt": timestamp(row["created_at"])}


def to_columns(fields: dict[str, object]) -> dict[str, object]:
    return {COLUMNS[name]: value for name, value in fields.items()}


def without_limits(changes: Mapping[str, object], row: asyncpg.Record) -> dict[str, object]:
    """The changes but the limits, which a client may send back as it has read them; ApiError 403 for other ones."""
    limits = {COLUMNS[name] for name in LIMITS}
    if any(changes[column] != row[column] for column in limits & changes.keys()):
        raise forbidden("limits_forbidden")
    return {column: value for column, value in changes.items() if column not in limits}
