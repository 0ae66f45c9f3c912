"""Who may do what, where a role alone decides."""

from aiohttp import web

from server.errors import forbidden
from server.keys import CALLER


def require_writer(request: web.Request) -> None:
    """ApiError 403 for those who only read."""
    if request[CALLER].supporter:
        raise forbidden("supporter_forbidden")
    if request[CALLER].readonly:
        raise forbidden("readonly_forbidden")
