"""A maintenance window: silence for a monitor, a customer or an organization; once, daily or weekly."""

import asyncpg

from server.fields.moments import moment, time_zone
from server.fields.parser import Field, Parameter
from server.fields.references import customer, monitor
from server.fields.values import choice, identifier, nullable, trimmed
from server.http import query
from server.http.times import timestamp

FIELDS: dict[str, Field] = {
    "name": trimmed(1, 255),
    "startsAt": moment,
    "endsAt": moment,
    "repeat": nullable(choice("daily", "weekly")),
    "repeatUntil": nullable(moment),
    "timeZone": time_zone,
}
# the scope of a window is fixed when it is made
CREATE_FIELDS: dict[str, Field] = {
    **FIELDS,
    "organizationId": identifier,
    "customerId": nullable(customer),
    "smtpMonitorId": nullable(monitor),
}
REQUIRED = ("name", "startsAt", "endsAt")  # to create one
FILTERS: dict[str, Parameter] = {"organizationId": query.identifier, **query.PAGING}
SERVER_SET = frozenset({"id", "active", "createdAt", "updatedAt"})
SCOPE = frozenset({"organizationId", "customerId", "smtpMonitorId"})
COLUMNS = {
    "name": "name",
    "startsAt": "starts_at",
    "endsAt": "ends_at",
    "repeat": "repeat",
    "repeatUntil": "repeat_until",
    "timeZone": "time_zone",
}


def represent(row: asyncpg.Record) -> dict[str, object]:
    public_id = row["smtp_monitor_public_id"]
    return {
        "id": row["id"],
        "organizationId": row["organization_id"],
        "customerId": row["customer_id"],
        "smtpMonitorId": None if public_id is None else str(public_id),
        "name": row["name"],
        "startsAt": timestamp(row["starts_at"]),
        "endsAt": timestamp(row["ends_at"]),
        "repeat": row["repeat"],
        "repeatUntil": timestamp(row["repeat_until"]),
        "timeZone": row["time_zone"],
        "active": row["open_now"],
        "createdAt": timestamp(row["created_at"]),
        "updatedAt": timestamp(row["updated_at"]),
    }
