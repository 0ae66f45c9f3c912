"""A user: its role, the customers it is restricted to, whether it is active."""

import asyncpg

from server.access import passwords
from server.fields.objects import Parser
from server.fields.values import boolean, choice, customers, email, identifier, nullable, text, trimmed
from server.http import query
from server.http.answers import timestamp

FIELDS: dict[str, Parser] = {
    "name": trimmed(1, 255),
    "role": choice({role: role for role in ("admin", "user", "readonly")}),
    "customerIds": nullable(customers),
    "active": boolean,
    "password": text(passwords.MIN_LENGTH, passwords.MAX_LENGTH),
    "globalRole": nullable(choice({role: role for role in ("supporter", "admin")})),
}
CREATE_FIELDS: dict[str, Parser] = {
    **{name: parse for name, parse in FIELDS.items() if name != "active"},
    "email": email,
    "organizationId": identifier,
}
COLUMNS = {
    "name": "name",
    "role": "role",
    "customerIds": "customer_ids",
    "active": "active",
    "globalRole": "global_role",
}
FILTERS = {**query.PAGING, "organizationId": query.identifier, "search": text(0, 255)}
SERVER_SET = frozenset({"id", "organizationId", "email", "createdAt"})


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
