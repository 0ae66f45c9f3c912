"""What was changed of a monitor, and taking a change back."""

from aiohttp import web

import sql
from server.access.permissions import require_patcher
from server.handlers.keys import CALLER, CONFIG, POOL
from server.handlers.smtp_monitor_patch import patch
from server.http import path, query
from server.http.answers import Answer, json_answer
from server.http.errors import ApiError, not_found
from server.resources.smtp_monitor_changes import body_before, represent


async def list_changes(request: web.Request) -> Answer:
    public_id = path.monitor(request)
    page = query.page_of(query.parse_query(request, query.PAGING))
    found = await sql.smtp_monitor_changes.select_page(
        request.app[POOL], request[CALLER].reach, public_id, limit=page.size, offset=page.offset
    )
    if found is None:
        raise not_found()
    total, rows = found
    return json_answer(page.answer(total, map(represent, rows)))


async def post_revert(request: web.Request) -> Answer:
    """Patch the monitor to what the change replaced, by the rules of any PATCH."""
    public_id = path.monitor(request)
    version = path.number(request, "changeId")
    require_patcher(request[CALLER])
    change = await sql.smtp_monitor_changes.select_one(request.app[POOL], request[CALLER].reach, public_id, version)
    if change is None:
        raise not_found()
    if change["before"] is None:
        raise ApiError(409, "change_not_revertible")
    return await patch(request, public_id, body_before(change, request.app[CONFIG].key_ring, public_id))
