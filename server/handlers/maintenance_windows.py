"""Maintenance windows, in which an outage opens no incident: find, make, change, remove."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

import sql
from server.access import merged_lists
from server.access.permissions import organization_for, require_writer
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, actor, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import FieldError, found, invalid_fields
from server.http.requests import read_object
from server.resources import audit
from server.resources.maintenance_windows import (
    COLUMNS,
    CREATE_FIELDS,
    FIELDS,
    FILTERS,
    REQUIRED,
    SCOPE,
    SERVER_SET,
    represent,
)


async def list_windows(request: web.Request) -> Answer:
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request),
        sql.maintenance_windows.select_page,
        sql.maintenance_windows.order,
        page,
        organization_id=parsed.get("organizationId"),
    )
    return Answer.json(page.listing(total, map(represent, rows), away))


async def post_window(request: web.Request) -> Answer:
    require_writer(request[CALLER])
    body = await read_object(request)
    fields = parse_object(body, CREATE_FIELDS, ignored=SERVER_SET, required=REQUIRED)
    scope = await _scope(request, fields)
    values = {COLUMNS[name]: value for name, value in fields.items() if name in COLUMNS}
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        row = await sql.maintenance_windows.insert(connection, **scope, values=values)
        await record("maintenance_window", row["organization_id"], after=represent(row))
    return Answer.json(represent(row), status=201, headers={"Location": f"/api/maintenance-windows/{row['id']}"})


async def get_window(request: web.Request) -> Answer:
    window_id = requests.number(request, "windowId")
    return Answer.json(
        represent(found(await sql.maintenance_windows.select_one(request[CELL].pool, request[CALLER].reach, window_id)))
    )


async def patch_window(request: web.Request) -> Answer:
    window_id = requests.number(request, "windowId")
    require_writer(request[CALLER])
    fields = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET | SCOPE)
    changes = {COLUMNS[name]: value for name, value in fields.items()}
    reach = request[CALLER].reach
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        before = represent(found(await sql.maintenance_windows.select_locked(connection, reach, window_id)))
        row = found(await sql.maintenance_windows.update(connection, reach, window_id, changes))
        after = represent(row)
        await record("maintenance_window", row["organization_id"], before=before, after=after)
    return Answer.json(after)


async def delete_window(request: web.Request) -> Answer:
    window_id = requests.number(request, "windowId")
    require_writer(request[CALLER])
    reach = request[CALLER].reach
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        row = found(await sql.maintenance_windows.select_locked(connection, reach, window_id))
        await sql.maintenance_windows.delete(connection, reach, window_id)
        await record("maintenance_window", row["organization_id"], before=represent(row))
    return Answer(status=204)


async def _scope(request: web.Request, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Whom a new window is for: a monitor, a customer or the organization; Invalid names what is out of reach.

    The request is about its cell from then on.
    """
    caller = request[CALLER]
    if (public_id := fields.get("smtpMonitorId")) is not None:
        request[CELL] = cell = await reached(request).of_monitor(public_id)
        monitor = await sql.smtp_monitors.select_one(cell.pool, cell.lookups, caller.reach, public_id)
        if monitor is None:
            raise invalid_fields([FieldError("smtpMonitorId", "unknown_monitor", {})])
        if fields.get("customerId") is not None:
            raise invalid_fields([FieldError("customerId", "window_scope", {})])
        return {"organization_id": monitor["organization_id"], "customer_id": None, "monitor_id": monitor["id"]}
    if (number := fields.get("customerId")) is not None:
        request[CELL] = cell = await reached(request).of_customer(number)
        customer = await sql.customers.select_one(cell.pool, caller.reach, number)
        if customer is None:
            raise invalid_fields([FieldError("customerId", "unknown_customer", {})])
        return {"organization_id": customer["organization_id"], "customer_id": customer["id"], "monitor_id": None}
    if caller.reach.customer_ids is not None:  # a user of some customers cannot silence the others
        raise invalid_fields([FieldError("customerId", "required", {})])
    organization_id = organization_for(caller, fields.get("organizationId"))
    request[CELL] = await reached(request).of_organization(organization_id)
    return {"organization_id": organization_id, "customer_id": None, "monitor_id": None}
