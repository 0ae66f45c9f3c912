"""A user: its role, the customers it is restricted to, whether it is active."""

import asyncpg

from server.access import passwords
from server.fields.contacts import email
from server.fields.parser import Field, Parameter
from server.fields.references import customers
from server.fields.values import boolean, choice, identifier, nullable, trimmed
from server.http import query
from server.http.answers import timestamp

FIELDS: dict[str, Field] = {
    "name": trimmed(1, 255),
    "role": choice("admin", "user", "readonly"),
    "customerIds": nullable(customers),
    "active": boolean,
    "password": passwords.new_password,
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
