"""The events of the server for our own pages: a browser's EventSource can send no token, only a cookie."""

from aiohttp import web

from server.console import cookies
from server.fields.values import Invalid
from server.handlers import events
from server.handlers.keys import CALLER, CALLERS, CELL
from server.http.answers import Answer
from server.http.errors import ApiError


async def get_events(request: web.Request) -> Answer:
    """As the API gives them, to the visitor of the cookie.

    Who sees several databases has to name an organization: without one, the browser is told not to come again.
    """
    authorization = [f"Bearer {cookies.token_of(request)}"]
    request[CALLER], request[CELL] = await request.app[CALLERS].identify(authorization)
    try:
        return await events.get_events(request, authorization)
    except (ApiError, Invalid) as error:
        if isinstance(error, ApiError) and error.status != 400:
            raise
        return Answer(status=204)
