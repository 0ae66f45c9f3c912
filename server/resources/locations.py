"""A location: a place that checks are made from."""

import re

import asyncpg

from server.fields.parser import Field, described
from server.fields.values import Invalid, boolean, country_code, trimmed, wrong_type
from server.http.times import timestamp

CODE = re.compile("[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


@described({"type": "string", "pattern": f"^{CODE.pattern}$"})
def location_code(value: object) -> str:
    if type(value) is not str:
        raise wrong_type(value, "not_a_string")
    if not CODE.fullmatch(value):
        raise Invalid("invalid_location_code")
    return value


FIELDS: dict[str, Field] = {"name": trimmed(1, 255), "country": country_code, "active": boolean}
CREATE_FIELDS: dict[str, Field] = {**FIELDS, "code": location_code}
REQUIRED = ("code", "name", "country")  # to create one
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
