"""The audit of administration, for administrators: their organization's own, for global roles every one's."""

from aiohttp import web

import sql
from server.access import merged_lists
from server.access.permissions import require_auditor
from server.handlers.keys import CALLER, reached
from server.http import query
from server.http.answers import Answer
from server.resources.audit import FILTERS, represent, to_condition


async def list_events(request: web.Request) -> Answer:
    require_auditor(request[CALLER])
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request), sql.audit_events.select_page, sql.audit_events.order, page, **to_condition(parsed)
    )
    return Answer.json(page.listing(total, map(represent, rows), away))
