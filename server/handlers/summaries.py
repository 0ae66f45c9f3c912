"""What is down right now, in numbers."""

from aiohttp import web

import sql
from server.access import merged_lists
from server.handlers.keys import CALLER, reached
from server.http import query
from server.http.answers import Answer
from server.resources.summaries import FILTERS, represent, represent_customer


async def get_summary(request: web.Request) -> Answer:
    parsed, reach = query.parse_query(request, FILTERS), request[CALLER].reach
    page, wanted = query.page_of(parsed), (parsed.get("organizationId"), parsed.get("customerId"))
    totals, away = await merged_lists.select_all(
        reached(request), lambda pool: sql.summaries.select_totals(pool, reach, *wanted), wanted[0]
    )
    count, rows, _ = await merged_lists.select_page(
        reached(request),
        sql.summaries.select_customers,
        sql.summaries.ORDER,
        page,
        organization_id=wanted[0],
        customer_id=wanted[1],
    )
    customers = page.listing(count, map(represent_customer, rows))
    return Answer.json({**represent(totals), "customers": customers, **query.unavailable_cells(away)})
