"""What happens, as it happens: server-sent events for whoever listens."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from aiohttp import hdrs, web

from server.access.cells import Cell
from server.access.listener_queues import Waiting
from server.access.listeners import Listener
from server.handlers.keys import CALLER, LISTENERS, reached
from server.http import query, requests
from server.http.errors import FieldError, invalid_fields
from server.http.streams import Stream
from server.resources.events import BEGIN, FILTERS, HEADERS, LAST_EVENT_ID, frame, position_of, within


async def get_events(request: web.Request, authorization: Sequence[str] | None = None) -> Stream:
    """Those in the caller's reach. *authorization* is for pages, whose token stands in no header: the caller has to be
    the one that it names for as long as it listens.
    """
    caller, parsed, cells = request[CALLER], query.parse_query(request, FILTERS), reached(request)
    organization_id = parsed.get("organizationId")
    if organization_id is None and not cells.one:
        raise invalid_fields([FieldError("organizationId", "needs_organization", {})])
    cell = cells.home if organization_id is None else await cells.of_organization(organization_id)
    listeners = request.app[LISTENERS]
    listeners.require_room(caller.organization_id)
    if authorization is None:
        authorization = request.headers.getall(hdrs.AUTHORIZATION, ())
    waiting = _waiting(request, parsed)

    def present() -> bool:
        lives_here = waiting.organization_id is None or cells.cells.number_of(waiting.organization_id) == cell.number
        return request.transport is not None and lives_here

    listener = Listener(caller, authorization, present, waiting)
    return Stream(_parts(request, listener, cell), headers=HEADERS)


def _waiting(request: web.Request, parsed: Mapping[str, Any]) -> Waiting:
    organization_id, customers = within(request[CALLER].reach, parsed)
    position = parsed.get("lastEventId")
    if place := request.headers.get(LAST_EVENT_ID):  # a browser that comes again still asks for what it did at first
        position = position_of(place)
    return Waiting(organization_id, customers, position)


async def _parts(request: web.Request, listener: Listener, cell: Cell) -> AsyncGenerator[bytes]:
    waiting, language = listener.waiting, requests.language(request)
    with request.app[LISTENERS].here(listener, cell):
        yield BEGIN
        while True:
            listener.told_at = time.monotonic()
            events, position = await waiting.take()
            if waiting.ended:
                return
            yield frame(events, position, language)
