"""Visits to the console as a browser makes them, without one."""

from typing import Any

from aiohttp import ClientResponse

from tests.conftest import Api

OURS = {"Sec-Fetch-Site": "same-origin"}


async def visit(
    api: Api, path: str, who: str | None = "admin", *, form: Any = None, headers: dict[str, str] | None = None
) -> ClientResponse:
    """The answer to a page, not followed elsewhere; with a *form* one that is sent from our own pages."""
    cookie = {} if who is None else {"Cookie": f"session={await api.token(who)}"}
    method, sent = ("GET", {}) if form is None else ("POST", OURS)
    options: dict[str, Any] = {"allow_redirects": False, "headers": {**cookie, **sent, **(headers or {})}}
    return await api.call(method, path, None, data=form, **options)
