"""Organizations and their settings: one's own, and for global roles every one."""

import asyncpg
from aiohttp import web

import sql
from server.access.permissions import require_administrator, require_global_admin
from server.handlers.keys import CALLER, POOL
from server.http import path, query
from server.http.answers import Answer, json_answer
from server.http.body import parse_fields, read_object
from server.http.errors import not_found
from server.resources.organizations import FIELDS, FILTERS, SERVER_SET, _columns, represent


async def list_organizations(request: web.Request) -> Answer:
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows = await sql.organizations.select_page(
        request.app[POOL], request[CALLER].reach, search=parsed.get("search"), limit=page.size, offset=page.offset
    )
    return json_answer(page.answer(total, map(represent, rows)))


async def post_organization(request: web.Request) -> Answer:
    require_global_admin(request[CALLER])
    fields = parse_fields(await read_object(request), FIELDS, ignored=SERVER_SET, required=("name",))
    row = await sql.organizations.insert(request.app[POOL], _columns(fields))
    return json_answer(represent(row), status=201, fields={"Location": f"/api/organizations/{row['id']}"})


async def get_organization(request: web.Request) -> Answer:
    organization_id = _named(request)
    row = await sql.organizations.select_one(request.app[POOL], request[CALLER].reach, organization_id)
    return _answer(row)


async def patch_organization(request: web.Request) -> Answer:
    organization_id = _named(request)
    require_administrator(request[CALLER])
    changes = _columns(parse_fields(await read_object(request), FIELDS, ignored=SERVER_SET))
    row = await sql.organizations.update(request.app[POOL], request[CALLER].reach, organization_id, changes)
    return _answer(row)


def _named(request: web.Request) -> int:
    """The organization in the path; the caller's own where the path names none."""
    if "organizationId" in request.match_info:
        return path.number(request, "organizationId")
    return request[CALLER].organization_id


def _answer(row: asyncpg.Record | None) -> Answer:
    if row is None:
        raise not_found()
    return json_answer(represent(row))
