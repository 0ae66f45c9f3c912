"""Where a request of a caller with a global role is served: in the cell of what its path names.

A public id of a monitor leads there without asking all cells, and so does an organization's number. Other ids are
looked for in the cell that they say first, then in the others: the handler runs in one cell after the other, until one
has it. While a cell is away that may have it, the answer is 503 and not 404 (``tests/cells/test_global_callers.py``).
"""

from collections.abc import Sequence

from aiohttp import web

from server.access.reached_cells import FAILURES, ReachedCells, is_away
from server.fields.values import Invalid
from server.handlers.keys import CELL, home_of, reached
from server.http.answers import Answer, Handler
from server.http.errors import ApiError
from server.http.requests import keep_body, monitor_id, number, number_or_uuid, uuid

NAMED = {
    "customerId": number_or_uuid,
    "incidentId": number,
    "statusPageId": number,
    "tokenId": uuid,
    "userId": number,
    "windowId": number,
}


async def serve(request: web.Request, handler: Handler) -> Answer:
    request[CELL] = await home_of(request)
    cells = reached(request)
    if cells.one:
        return await handler(request)
    try:
        numbers = await _candidates(request, cells)
    except (ApiError, Invalid) as error:
        if is_away(error):
            raise
        numbers = []  # the id is none: the handler says so, in its order of judgement
    if not numbers:
        return await handler(request)
    return await _first_found(request, handler, cells, numbers)


async def _candidates(request: web.Request, cells: ReachedCells) -> Sequence[int]:
    """The cells that may have what the path names, the likeliest first."""
    match = request.match_info
    if "smtpMonitorPublicId" in match:
        return [(await cells.of_monitor(monitor_id(request))).number]
    if "organizationId" in match:
        return [(await cells.of_organization(number(request, "organizationId"))).number]
    for name, read in NAMED.items():
        if name in match:
            return await cells.in_turn(read(request, name))
    return []


async def _first_found(request: web.Request, handler: Handler, cells: ReachedCells, numbers: Sequence[int]) -> Answer:
    """The answer of the first cell that has it; else the error of one that is away, else 404."""
    keep_body(request)
    failed: list[BaseException] = []
    for cell_number in numbers:
        try:
            request[CELL] = await cells.cells.get(cell_number)
            return await handler(request)
        except FAILURES as error:
            if not is_away(error) and not (isinstance(error, ApiError) and error.status == 404):
                raise
            failed.append(error)
    away = [error for error in failed if is_away(error)]
    if not away:
        await cells.require_settled(numbers)
    raise (away or failed)[0]
