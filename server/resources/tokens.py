"""An API token: a session with a name, an end or none, and perhaps one customer."""

from datetime import UTC, datetime, timedelta

import asyncpg

import sql
from server.access import passwords
from server.fields.parser import Field, Parameter
from server.fields.references import customer
from server.fields.values import integer, nullable, trimmed
from server.http import query
from server.http.times import timestamp

FIELDS: dict[str, Field] = {
    "name": trimmed(1, 255),
    "expiresInDays": nullable(integer(1, 365)),
    "customerId": nullable(customer),
    "currentPassword": passwords.current_password,
}
REQUIRED = ("name",)
FILTERS: dict[str, Parameter] = {"organizationId": query.identifier, **query.PAGING}
DEFAULT_DAYS = 90  # a forgotten token ends by itself


def represent(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": str(row["id"]),
        "organizationId": row["organization_id"],
        "userId": row["user_id"],
        "name": row["name"],
        "customerId": row["customer_id"],
        "createdAt": timestamp(row["created_at"]),
        "expiresAt": shown_end(row["expires_at"]),
        "lastUsedAt": timestamp(row["last_used_at"]),
    }


def expiry(days: int | None) -> datetime:
    if days is None:
        return sql.tokens.NEVER
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def shown_end(expires_at: datetime) -> str | None:
    return None if expires_at == sql.tokens.NEVER else timestamp(expires_at)
