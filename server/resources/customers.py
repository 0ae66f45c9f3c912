"""A customer: whom an organization watches servers for."""

import asyncpg

from server.fields.objects import Parser
from server.fields.values import identifier, text, trimmed
from server.http import query
from server.http.answers import timestamp

FIELDS: dict[str, Parser] = {"name": trimmed(1, 255)}
CREATE_FIELDS: dict[str, Parser] = {**FIELDS, "organizationId": identifier}
FILTERS = {**query.PAGING, "organizationId": query.identifier, "search": text(0, 255)}
SERVER_SET = frozenset({"id", "publicId", "organizationId", "createdAt"})


def represent(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "publicId": str(row["public_id"]),
        "organizationId": row["organization_id"],
        "name": row["name"],
        "createdAt": timestamp(row["created_at"]),
    }
