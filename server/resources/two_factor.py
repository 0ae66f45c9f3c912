"""A second factor, as its user sees it."""

import asyncpg

from server.access import passwords
from server.access.caller import Caller
from server.fields.parser import Field
from server.fields.values import text
from server.resources.audit import Record

code = text(1, 64)
BEGIN_FIELDS: dict[str, Field] = {"currentPassword": passwords.current_password}
CONFIRM_FIELDS: dict[str, Field] = {"code": code}
REMOVE_FIELDS: dict[str, Field] = {"currentPassword": passwords.current_password, "code": code}


def represent(factor: asyncpg.Record | None, caller: Caller) -> dict[str, object]:
    active = factor is not None and factor["confirmed_at"] is not None
    return {
        "active": active,
        "required": caller.two_factor_required,
        "recoveryCodesLeft": factor["codes_left"] if factor is not None and active else 0,
    }


async def record_change(record: Record, organization_id: int, user_id: int, *, active: bool) -> None:
    """Tell the audit that a user has a factor now, or none any more."""
    before, after = ({"id": user_id, "twoFactor": so} for so in (not active, active))
    await record("user", organization_id, before=before, after=after)
