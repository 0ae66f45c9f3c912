"""What surrounds every handler: the boundary that answers errors, and the caller's identity."""

import os
import re
import time
from itertools import count

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from server.access.callers import bearer_token
from server.handlers.keys import CALLER, CALLERS, TOKEN_USES
from server.http import request_metrics
from server.http.answers import Answer, Handler, middleware
from server.http.errors import render, to_api_error
from server.serving.access_log import AccessLog
from server.serving.routes import PUBLIC

CLIENT_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROCESS = os.urandom(6).hex()
SEQUENCE = count(1)
access = AccessLog()


@middleware
async def boundary(request: web.Request, handler: Handler) -> Answer:
    """Answer every request, errors included, and leave one line and one count of it."""
    started = time.perf_counter()
    sent_id = request.headers.get("X-Request-Id", "")
    request_id = sent_id if CLIENT_REQUEST_ID.fullmatch(sent_id) else f"{PROCESS}-{next(SEQUENCE):x}"
    try:
        answer = await handler(request)
    except Exception as error:
        api_error = to_api_error(error, where=f"{request.method} {_route(request)} {request_id}")
        answer = render(api_error, request.headers.get("Accept-Language", ""))
        if isinstance(error, RequestPayloadError):
            # what follows cannot be told from the broken body
            answer.force_close()
            request.content.feed_eof()
    answer.fields["X-Request-Id"] = request_id
    _leave_trace(request, answer.status, time.perf_counter() - started, request_id)
    return answer


@middleware
async def auth(request: web.Request, handler: Handler) -> Answer:
    """Attach the caller, with its roles as they are now; only PUBLIC handlers go without one."""
    match = request.match_info
    if match.http_exception is None and match.handler not in PUBLIC:
        request[CALLER] = caller = await request.app[CALLERS].identify(bearer_token(request))
        if caller.token_name is not None:
            request.app[TOKEN_USES].note(caller)
    return await handler(request)


def _leave_trace(request: web.Request, status: int, seconds: float, request_id: str) -> None:
    method, route = request_metrics.known_method(request.method), _route(request)
    request_metrics.observed.observe(method, route, status, seconds)
    if access.enabled:
        caller = request.get(CALLER)
        access.write(
            request_id=request_id,
            method=method,
            route=route,
            status=status,
            seconds=seconds,
            user_id=None if caller is None else caller.id,
        )


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical
