"""A location: a place that checks are made from."""

import asyncpg

from server.fields.objects import Parser
from server.fields.values import boolean, country_code, location_code, trimmed
from server.http.answers import timestamp

FIELDS: dict[str, Parser] = {"name": trimmed(1, 255), "country": country_code, "active": boolean}
CREATE_FIELDS: dict[str, Parser] = {**FIELDS, "code": location_code}
SERVER_SET = frozenset({"id", "createdAt"})


def represent(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "code": row["code"],
        "name": row["name"],
        "country": row["country"],
        "active": row["active"],
        "createdAt": timestamp(row["created_at"]),
    }
