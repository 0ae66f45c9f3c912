"""A customer: whom an organization watches servers for."""

import asyncpg

from server.fields.parser import Field, Parameter
from server.fields.values import identifier, trimmed
from server.http import query
from server.http.times import timestamp

FIELDS: dict[str, Field] = {"name": trimmed(1, 255)}
CREATE_FIELDS: dict[str, Field] = {**FIELDS, "organizationId": identifier}
REQUIRED = ("name",)  # to create one
FILTERS: dict[str, Parameter] = {"organizationId": query.identifier, "search": query.search, **query.PAGING}
SERVER_SET = frozenset({"id", "publicId", "organizationId", "createdAt"})


def represent(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "publicId": str(row["public_id"]),
        "organizationId": row["organization_id"],
        "name": row["name"],
        "createdAt": timestamp(row["created_at"]),
    }
