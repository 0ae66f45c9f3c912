"""What was changed of a monitor."""

from aiohttp import web

import sql
from server.access.permissions import audits
from server.handlers.keys import CALLER, CELL
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import not_found
from server.resources.smtp_monitor_changes import represent


async def list_changes(request: web.Request) -> Answer:
    """Of a deleted monitor, for those who may read the audit: it tells of the deletion."""
    public_id, pool, reach = requests.monitor_id(request), request[CELL].pool, request[CALLER].reach
    page = query.page_of(query.parse_query(request, query.PAGING))
    extent = {"limit": page.size, "offset": page.offset}
    found = await sql.smtp_monitor_changes.select_page(pool, reach, public_id, **extent)
    if found is None and audits(request[CALLER]):
        found = await sql.smtp_monitor_changes.select_page_of_deleted(pool, reach, public_id, **extent)
    if found is None:
        raise not_found()
    total, rows = found
    return Answer.json(page.listing(total, map(represent, rows)))
