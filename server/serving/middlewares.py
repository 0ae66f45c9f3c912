"""What surrounds every handler: the boundary that answers errors, and the caller's identity."""

import asyncio
import functools
import os
import re
import time
from itertools import count

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from server.console.routes import PUBLIC as PAGES
from server.handlers.keys import CALLER, CALLERS, CELL, CELLS, TRUSTED_PROXIES
from server.http.answers import Answer, Handler, middleware
from server.http.error_answers import render, to_api_error
from server.http.errors import ApiError
from server.http.requests import ADDRESS, CallerChangedError, client_address
from server.http.traces import traces
from server.serving import global_callers
from server.serving.routes import ENROLMENT, HONOURS_IF_MATCH, PUBLIC

NEED_NO_CALLER = PUBLIC | PAGES

SAFE = ("GET", "HEAD", "OPTIONS")
CLIENT_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROCESS = os.urandom(6).hex()
SEQUENCE = count(1)
CLIENT_LEFT = 499  # nginx's status for it; nobody sees it but the log and the metrics


@middleware
async def boundary(request: web.Request, handler: Handler) -> Answer:
    """Turn errors into answers. Count and log every request once."""
    started = time.perf_counter()
    request_id = request.headers.get("X-Request-Id")
    if request_id is None or not CLIENT_REQUEST_ID.fullmatch(request_id):
        request_id = f"{PROCESS}-{next(SEQUENCE):x}"
    request[ADDRESS] = client_address(request, request.app[TRUSTED_PROXIES])
    resource = request.match_info.route.resource
    route = "unknown" if resource is None else resource.canonical
    try:
        answer = await handler(request)
    except asyncio.CancelledError:
        _leave_trace(request, request_id, route, CLIENT_LEFT, started)
        raise
    except Exception as error:
        api_error = to_api_error(error, where=f"{request.method} {route} {request_id}")
        answer = render(api_error, request.headers.get("Accept-Language", ""))
        if isinstance(error, RequestPayloadError):
            # nobody knows where the broken body ends and the next request begins
            answer.force_close()
            request.content.feed_eof()
    answer.own_headers["X-Request-Id"] = request_id
    _leave_trace(request, request_id, route, answer.status, started)
    return answer


@middleware
async def auth(request: web.Request, handler: Handler) -> Answer:
    """Attach the caller, with its roles as they are now. Only PUBLIC handlers and pages of the console need none."""
    match, headers, app = request.match_info, request.headers, request.app
    target, serve = match.handler, handler
    if match.http_exception is None and target not in NEED_NO_CALLER:
        caller, cell = await app[CALLERS].identify(headers.getall("Authorization", ()))
        request[CALLER], request[CELL] = caller, cell
        if caller.must_enrol and target not in ENROLMENT:
            raise ApiError(403, "two_factor_enrolment_required", detail="two_factor_enrolment_why")
        cell.uses.seen[caller.session_id] = caller.organization_id
        if caller.reach.organization_id is None and not app[CELLS].alone:
            serve = functools.partial(global_callers.serve, handler=handler)
    if "If-Match" in headers and target not in HONOURS_IF_MATCH:
        _refuse_if_match(request)
    try:
        return await serve(request)
    except CallerChangedError:
        if request[CALLER].must_enrol and target not in ENROLMENT:
            raise ApiError(403, "two_factor_enrolment_required", detail="two_factor_enrolment_why") from None
        return await global_callers.serve(request, handler)


def _refuse_if_match(request: web.Request) -> None:
    """ApiError 400 if this changes something that has no entity tag: a precondition is never ignored."""
    if request.match_info.http_exception is None and request.method not in SAFE:
        raise ApiError(400, "if_match_unsupported")


async def identify_again(request: web.Request) -> None:
    """Judge the caller once more, now that a late body has come.

    ApiError 401 if it is nobody now, CallerChangedError if it is not as it was. So the body may take its time,
    and a change of the caller still holds within a second (``tests/api/test_late_bodies.py``).
    """
    before = request.get(CALLER)
    if before is None:
        return
    request[CALLER], _ = await request.app[CALLERS].identify(request.headers.getall("Authorization", ()))
    if request[CALLER] != before:
        raise CallerChangedError


def _leave_trace(request: web.Request, request_id: str, route: str, status: int, started: float) -> None:
    caller, monitor_id = request.get(CALLER), request.match_info.get("smtpMonitorPublicId")
    user_id = None if caller is None else caller.id
    seconds = time.perf_counter() - started
    traces.leave(request_id, request.method, route, status, seconds, user_id, request[ADDRESS], monitor_id)
