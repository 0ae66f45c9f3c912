"""The incidents of all monitors: find, read, take over."""

from aiohttp import web

import sql
from server.access import merged_lists
from server.access.permissions import require_writer
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, actor, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import ApiError, found
from server.resources import audit, incident_timelines
from server.resources.incidents import ACKNOWLEDGEMENT, FILTERS, represent_in_list


async def list_incidents(request: web.Request) -> Answer:
    parsed, language = query.parse_query(request, FILTERS), requests.language(request)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request),
        sql.incident_lists.select_page,
        sql.incident_lists.newest_first,
        page,
        organization_id=parsed.get("organizationId"),
        customer_id=parsed.get("customerId"),
        public_id=parsed.get("smtpMonitorId"),
        is_open=parsed["status"] == "open" if "status" in parsed else None,
        since=parsed.get("from"),
        before=parsed.get("to"),
    )
    return Answer.json(page.listing(total, [represent_in_list(row, language) for row in rows], away))


async def get_incident(request: web.Request) -> Answer:
    incident_id, language = requests.number(request, "incidentId"), requests.language(request)
    pool = request[CELL].pool
    row = found(await sql.incident_lists.select_one(pool, request[CALLER].reach, incident_id))
    incident = represent_in_list(row, language)
    timeline = incident_timelines.represent(
        incident,
        await sql.incident_lists.select_checks(pool, row),
        await sql.incident_lists.select_alerts(pool, row),
        await sql.incident_lists.select_changes(pool, row, limit=incident_timelines.MAX_CHANGES),
        language,
    )
    return Answer.json({**incident, "timeline": timeline})


async def acknowledge(request: web.Request) -> Answer:
    """Take over an open incident: nobody is reminded of it any more. Whoever was first stays it."""
    incident_id, caller = requests.number(request, "incidentId"), request[CALLER]
    require_writer(caller)
    fields = parse_object(await requests.read_object(request), ACKNOWLEDGEMENT)
    language = requests.language(request)
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        row = found(await sql.incident_lists.select_locked(connection, caller.reach, incident_id))
        if row["acknowledged_at"] is None:
            if row["closed_at"] is not None:
                raise ApiError(409, "incident_closed")
            key = row["organization_id"], row["id"]
            await sql.incident_lists.acknowledge(connection, *key, actor=caller.actor, reason=fields.get("reason"))
        after = found(await sql.incident_lists.select_one(connection, caller.reach, incident_id))
        shown = represent_in_list(after, language)
        await record("incident", row["organization_id"], before=represent_in_list(row, language), after=shown)
    return Answer.json(shown)
