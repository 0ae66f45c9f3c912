"""The audit of administration, for administrators: their organization's own, for global roles every one's."""

from aiohttp import web

import sql
from server.access.permissions import require_auditor
from server.handlers.keys import CALLER, CELL
from server.http import query
from server.http.answers import Answer
from server.resources.audit import FILTERS, represent, to_condition


async def list_events(request: web.Request) -> Answer:
    require_auditor(request[CALLER])
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows = await sql.audit_events.select_page(
        request[CELL].pool, request[CALLER].reach, **to_condition(parsed), limit=page.size, offset=page.offset
    )
    return Answer.json(page.listing(total, map(represent, rows)))
