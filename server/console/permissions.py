"""For whom a page is. The API judges again whatever a page asks of it; this spares visitors forms that it refuses."""

from server.console.replies import RefusedError, Reply
from server.console.visit import ADMINS, Visit


def administers(visit: Visit) -> bool:
    """A user who is restricted to customers administers nothing, whatever its role."""
    return visit.role in ADMINS and (visit.me or {}).get("customerIds") is None


def is_global_admin(visit: Visit) -> bool:
    return visit.role == "global admin"


async def require_administrator(visit: Visit) -> None:
    """RefusedError for others."""
    await visit.who()
    _require(visit, administers(visit))


async def require_global_admin(visit: Visit) -> None:
    await visit.who()
    _require(visit, is_global_admin(visit))


async def require_writer(visit: Visit) -> None:
    await visit.who()
    _require(visit, visit.writes)


def _require(visit: Visit, allowed: bool) -> None:
    if not allowed:
        raise RefusedError(Reply(403, {"code": "forbidden", "message": visit.say("error.not_for_you")}, {}))
