"""A session: a log-in, and the user behind it."""

from datetime import UTC, datetime

import sql
from server.access import passwords
from server.access.caller import Caller
from server.fields.parser import Field
from server.fields.values import identifier, text
from server.http.times import timestamp

FIELDS: dict[str, Field] = {
    "email": text(1, 320),
    "password": text(1, 1024),
    "organizationId": identifier,
    "code": text(1, 64),
}
REQUIRED = ("email", "password")
PASSWORD_FIELDS: dict[str, Field] = {
    "currentPassword": passwords.current_password,
    "password": passwords.new_password,
}
PASSWORD_REQUIRED = tuple(PASSWORD_FIELDS)


def represent(caller: Caller) -> dict[str, object]:
    return {
        "id": caller.id,
        "organizationId": caller.organization_id,
        "email": caller.email,
        "name": caller.name,
        "role": caller.role,
        "globalRole": caller.global_role,
        "customerIds": caller.reach.customer_ids,
    }


def expiry(caller: Caller) -> str | None:
    if caller.expires_at == sql.tokens.NEVER.timestamp():
        return None
    return timestamp(datetime.fromtimestamp(caller.expires_at, UTC))
