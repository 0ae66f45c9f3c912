"""What was changed of a monitor."""

from aiohttp import web

import sql
from server.handlers.keys import CALLER, POOL
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import not_found
from server.resources.smtp_monitor_changes import represent


async def list_changes(request: web.Request) -> Answer:
    public_id = requests.monitor_id(request)
    page = query.page_of(query.parse_query(request, query.PAGING))
    found = await sql.smtp_monitor_changes.select_page(
        request.app[POOL], request[CALLER].reach, public_id, limit=page.size, offset=page.offset
    )
    if found is None:
        raise not_found()
    total, rows = found
    return Answer.json(page.listing(total, map(represent, rows)))
