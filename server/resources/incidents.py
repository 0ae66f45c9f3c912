"""An incident: an outage of a monitor that was confirmed, and whoever takes it over."""

import asyncpg
import orjson

from server.checks.words import describe
from server.fields.moments import moment
from server.fields.parser import Field, Parameter
from server.fields.references import monitor
from server.fields.values import choice, nullable, trimmed
from server.http import query
from server.http.times import timestamp

STATUSES = ("open", "closed")
FILTERS: dict[str, Parameter] = {
    "status": choice(*STATUSES),
    "organizationId": query.identifier,
    "customerId": query.identifier,
    "smtpMonitorId": monitor,
    "from": moment,
    "to": moment,
    **query.PAGING,
}
ACKNOWLEDGEMENT: dict[str, Field] = {"reason": nullable(trimmed(1, 500))}


def represent(row: asyncpg.Record, language: str) -> dict[str, object]:
    """As the history of its monitor shows it."""
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
        "acknowledgedAt": timestamp(row["acknowledged_at"]),
        "acknowledgedBy": None if row["acknowledged_by"] is None else orjson.loads(row["acknowledged_by"]),
        "acknowledgeReason": row["acknowledge_reason"],
    }


def represent_in_list(row: asyncpg.Record, language: str) -> dict[str, object]:
    """With its monitor."""
    return {
        **represent(row, language),
        "organizationId": row["organization_id"],
        "customerId": row["customer_id"],
        "customerName": row["customer_name"],
        "smtpMonitorId": row["smtp_monitor_id"],
        "smtpMonitorPublicId": str(row["public_id"]),
        "smtpMonitorName": row["name"],
        "hostname": row["hostname"],
    }
