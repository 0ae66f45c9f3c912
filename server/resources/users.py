"""A user: its role, the customers it is restricted to, whether it is active."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from server.access import passwords
from server.fields.contacts import email
from server.fields.parser import Field, Parameter
from server.fields.references import customers
from server.fields.values import boolean, choice, identifier, nullable, trimmed
from server.http import query
from server.http.times import timestamp

FIELDS: dict[str, Field] = {
    "name": trimmed(1, 255),
    "role": choice("admin", "user", "readonly"),
    "customerIds": nullable(customers),
    "active": boolean,
    "password": passwords.new_password,
    "currentPassword": passwords.current_password,
    "globalRole": nullable(choice("supporter", "admin")),
}
CREATE_FIELDS: dict[str, Field] = {
    **{name: parse for name, parse in FIELDS.items() if name != "active"},
    "email": email,
    "organizationId": identifier,
}
REQUIRED = ("email", "name", "role")  # to create one
COLUMNS = {
    "name": "name",
    "role": "role",
    "customerIds": "customer_ids",
    "active": "active",
    "globalRole": "global_role",
}
FILTERS: dict[str, Parameter] = {"organizationId": query.identifier, "search": query.search, **query.PAGING}
SERVER_SET = frozenset({"id", "organizationId", "email", "createdAt"})
CREATE_SERVER_SET = SERVER_SET | {"active"}


def gives_power(fields: Mapping[str, Any], before: asyncpg.Record | None = None) -> bool:
    """Whether a user made of *fields*, or changed by them, administers more than *before*.

    Who sets an administrator's password becomes that administrator.
    """
    if before is None:
        return fields["role"] == "admin" or fields.get("globalRole") is not None
    after = {column: fields.get(name, before[column]) for name, column in COLUMNS.items()}
    if after["role"] != "admin" and after["global_role"] is None:
        return False
    promoted = any(after[column] != before[column] for column in ("role", "global_role"))
    widened = after["customer_ids"] is None and before["customer_ids"] is not None
    revived = after["active"] and not before["active"]
    return promoted or widened or revived or "password" in fields


def represent(row: asyncpg.Record) -> dict[str, object]:
    return {
        "id": row["id"],
        "organizationId": row["organization_id"],
        "email": row["email"],
        "name": row["name"],
        "role": row["role"],
        "globalRole": row["global_role"],
        "customerIds": row["customer_ids"],
        "active": row["active"],
        "createdAt": timestamp(row["created_at"]),
    }
