"""Who may do what beside reading, by role. ``Caller.reach`` limits the rows."""

from server.access.caller import Caller
from server.http.errors import FieldError, forbidden, invalid_fields


def require_writer(caller: Caller) -> None:
    """ApiError 403 for those who only read."""
    if caller.supporter:
        raise forbidden("supporter_forbidden")
    if caller.readonly:
        raise forbidden("readonly_forbidden")


def require_administrator(caller: Caller) -> None:
    """ApiError 403 for those who administer no organization."""
    if caller.supporter:
        raise forbidden("supporter_forbidden")
    if not caller.administers:
        raise forbidden("administrator_required")


def require_global_admin(caller: Caller) -> None:
    require_administrator(caller)
    if not caller.global_admin:
        raise forbidden("global_admin_required")


def audits(caller: Caller) -> bool:
    """Whether it administers an organization, or reads every one."""
    return caller.administers or (caller.supporter and caller.reach.organization_id is None)


def require_auditor(caller: Caller) -> None:
    """ApiError 403 for who may not read the audit."""
    if not audits(caller):
        raise forbidden("administrator_required")


def require_power_over(caller: Caller, global_role: str | None) -> None:
    """ApiError 403 if a user with that global role is not the caller's to change: it could become that user."""
    if global_role is not None and not caller.global_admin:
        raise forbidden("global_user_forbidden")


def require_log_in(caller: Caller) -> None:
    """ApiError 403 for an API token: it manages no tokens and no password."""
    if caller.token_name is not None:
        raise forbidden("token_forbidden")


def organization_for(caller: Caller, wanted: int | None) -> int:
    """The organization to make something in: the caller's own, or the *wanted* one if it is in reach."""
    if wanted is None or wanted == caller.organization_id:
        return caller.organization_id
    if caller.reach.organization_id is not None:
        raise invalid_fields([FieldError("organizationId", "unknown_organization", {})])
    return wanted
