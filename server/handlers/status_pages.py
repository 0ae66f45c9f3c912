"""Status pages: find, make, change, remove. ``server/console/status.py`` shows them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

import sql
from server.access import merged_lists
from server.access.permissions import organization_for, require_writer
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, DIRECTORY, actor, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import FieldError, found, invalid_fields
from server.http.requests import read_object
from server.resources.status_page_slugs import Writing, writing
from server.resources.status_pages import (
    CREATE_FIELDS,
    FIELDS,
    FILTERS,
    REQUIRED,
    SCOPE,
    SERVER_SET,
    represent,
    represent_whole,
    require_all,
    to_columns,
)


async def list_pages(request: web.Request) -> Answer:
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request),
        sql.status_pages.select_page,
        sql.status_pages.ORDER,
        page,
        organization_id=parsed.get("organizationId"),
        customer_id=parsed.get("customerId"),
    )
    return Answer.json(page.listing(total, map(represent, rows), away))


async def post_page(request: web.Request) -> Answer:
    require_writer(request[CALLER])
    fields = parse_object(await read_object(request), CREATE_FIELDS, ignored=SERVER_SET, required=REQUIRED)
    organization_id, customer_id = await _scope(request, fields)
    async with writing(request.app[DIRECTORY], request[CELL], actor(request), organization_id) as write:
        await write.claim(fields["slug"])
        values = to_columns(fields)
        page_id = await sql.status_pages.insert(write.connection, organization_id, customer_id, values)
        after = await _show(request, write, page_id, fields)
        await write.record("status_page", organization_id, after=after)
    return Answer.json(after, status=201, headers={"Location": f"/api/status-pages/{page_id}"})


async def get_page(request: web.Request) -> Answer:
    page_id = requests.number(request, "statusPageId")
    row = await sql.status_pages.select_one(request[CELL].pool, request[CALLER].reach, page_id)
    return Answer.json(represent_whole(found(row)))


async def patch_page(request: web.Request) -> Answer:
    page_id, reach, pool = requests.number(request, "statusPageId"), request[CALLER].reach, request[CELL].pool
    require_writer(request[CALLER])
    fields = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET | SCOPE)
    organization_id = found(await sql.status_pages.select_one(pool, reach, page_id))["organization_id"]
    async with writing(request.app[DIRECTORY], request[CELL], actor(request), organization_id) as write:
        before = after = represent_whole(found(await sql.status_pages.select_one(write.connection, reach, page_id)))
        if fields:
            if "slug" in fields:
                await write.claim(fields["slug"])
            await sql.status_pages.update(write.connection, organization_id, page_id, to_columns(fields))
            after = await _show(request, write, page_id, fields)
        await write.record("status_page", organization_id, before=before, after=after)
    return Answer.json(after)


async def delete_page(request: web.Request) -> Answer:
    page_id, reach, pool = requests.number(request, "statusPageId"), request[CALLER].reach, request[CELL].pool
    require_writer(request[CALLER])
    organization_id = found(await sql.status_pages.select_one(pool, reach, page_id))["organization_id"]
    async with writing(request.app[DIRECTORY], request[CELL], actor(request), organization_id) as write:
        before = represent_whole(found(await sql.status_pages.select_one(write.connection, reach, page_id)))
        await sql.status_pages.delete(write.connection, organization_id, page_id)
        await write.record("status_page", organization_id, before=before)
    return Answer(status=204)


async def _show(request: web.Request, write: Writing, page_id: int, fields: Mapping[str, Any]) -> dict[str, object]:
    """The page as it is now, with the monitors that *fields* names; Invalid if one of them is out of reach."""
    reach = request[CALLER].reach
    if "monitors" in fields:
        key = (write.organization_id, page_id)
        shown = await sql.status_pages.replace_monitors(write.connection, reach, *key, fields["monitors"])
        require_all(fields["monitors"], shown)
    return represent_whole(found(await sql.status_pages.select_one(write.connection, reach, page_id)))


async def _scope(request: web.Request, fields: Mapping[str, Any]) -> tuple[int, int | None]:
    """Whose a new page is: a customer's, or the organization's. The request is about its cell from then on."""
    caller = request[CALLER]
    if (wanted := fields.get("customerId")) is not None:
        request[CELL] = cell = await reached(request).of_customer(wanted)
        customer = await sql.customers.select_one(cell.pool, caller.reach, wanted)
        if customer is None:
            raise invalid_fields([FieldError("customerId", "unknown_customer", {})])
        return customer["organization_id"], customer["id"]
    if caller.reach.customer_ids is not None:  # a user of some customers does not speak for the others
        raise invalid_fields([FieldError("customerId", "required", {})])
    organization_id = organization_for(caller, fields.get("organizationId"))
    request[CELL] = await reached(request).of_organization(organization_id)
    return organization_id, None
