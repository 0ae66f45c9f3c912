"""Organizations and their settings: one's own, and for global roles every one."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

import sql
from server.access import attempts, merged_lists
from server.access.permissions import require_administrator, require_global_admin
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, CELLS, HASHER, actor, home_of, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import ApiError, FieldError, found
from server.http.requests import read_object
from server.resources import audit
from server.resources.organizations import (
    FIELDS,
    FILTERS,
    REMOVAL_FIELDS,
    REQUIRED,
    SERVER_SET,
    represent,
    to_columns,
    without_limits,
)
from sql.audit_events import NO_ORGANIZATION


async def list_organizations(request: web.Request) -> Answer:
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request), sql.organizations.select_page, sql.organizations.ORDER, page, search=parsed.get("search")
    )
    return Answer.json(page.listing(total, map(represent, rows), away))


async def post_organization(request: web.Request) -> Answer:
    require_global_admin(request[CALLER])
    fields = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET, required=REQUIRED)
    await _require_free_name(request, fields)
    cell = await request.app[CELLS].for_new_organizations()
    async with audit.recording(cell.pool, actor(request)) as (connection, record):
        row = await sql.organizations.insert(connection, to_columns(fields))
        await record("organization", row["id"], after=represent(row))
    return Answer.json(represent(row), status=201, headers={"Location": f"/api/organizations/{row['id']}"})


async def get_organization(request: web.Request) -> Answer:
    organization_id = _named(request)
    row = await sql.organizations.select_one(request[CELL].pool, request[CALLER].reach, organization_id)
    return Answer.json(represent(found(row)))


async def patch_organization(request: web.Request) -> Answer:
    organization_id, caller, pool = _named(request), request[CALLER], request[CELL].pool
    require_administrator(caller)
    fields = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET)
    await _require_free_name(request, fields, but=organization_id)
    reach, key, changes = caller.reach, organization_id, to_columns(fields)
    async with audit.recording(pool, actor(request)) as (connection, record):
        row = found(await sql.organizations.select_locked(connection, reach, key))
        if not caller.global_admin:
            changes = without_limits(changes, row)
        after = represent(found(await sql.organizations.update(connection, reach, key, changes)))
        await record("organization", key, before=represent(row), after=after)
    return Answer.json(after)


async def delete_organization(request: web.Request) -> Answer:
    """Mark it: it is gone for its users and for the lists. The agents remove its rows in small steps."""
    organization_id, caller, pool = requests.number(request, "organizationId"), request[CALLER], request[CELL].pool
    require_global_admin(caller)
    fields = parse_object(await read_object(request) if request.body_exists else {}, REMOVAL_FIELDS)
    if organization_id == caller.organization_id:
        raise ApiError(409, "own_organization")
    own = (await home_of(request)).pool
    await attempts.require_password(own, request.app[HASHER], caller, fields.get("currentPassword"))
    await requests.judge_again(request)
    async with audit.recording(pool, actor(request)) as (connection, record):
        row = found(await sql.organizations.select_locked(connection, caller.reach, organization_id))
        await sql.organization_removals.mark(connection, organization_id)
        await record("organization", NO_ORGANIZATION, before=represent(row))
    return Answer(status=204)


def _named(request: web.Request) -> int:
    """The organization in the path, or the caller's own if the path names none."""
    if "organizationId" in request.match_info:
        return requests.number(request, "organizationId")
    return request[CALLER].organization_id


async def _require_free_name(request: web.Request, fields: Mapping[str, Any], *, but: int | None = None) -> None:
    """ApiError 409 if another organization than *but* has the name. Only who sees all names is told so."""
    if "name" not in fields or not request[CALLER].global_admin:
        return
    if not await reached(request).is_free(fields["name"], but=but):
        raise ApiError(409, "conflict", fields=[FieldError("name", "already_taken", {})])
