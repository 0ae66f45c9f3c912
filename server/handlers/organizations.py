"""Organizations and their settings: one's own, and for global roles every one."""

import asyncpg
from aiohttp import web

import sql
from server import path, query
from server.answers import Answer, json_answer, timestamp
from server.body import Parser, parse_fields, read_object
from server.errors import not_found
from server.fields import integer, nullable, text, trimmed
from server.keys import CALLER, POOL
from server.permissions import require_administrator, require_global_admin

FIELDS: dict[str, Parser] = {
    "name": trimmed(1, 255),
    "failureConfirmations": integer(1, 10),
    "recoveryConfirmations": integer(1, 10),
    "locationSharePercent": integer(1, 100),
    "reminderIntervalMinutes": nullable(integer(5, 10080)),
}
COLUMNS = {
    "name": "name",
    "failureConfirmations": "failure_confirmations",
    "recoveryConfirmations": "recovery_confirmations",
    "locationSharePercent": "location_share_percent",
    "reminderIntervalMinutes": "reminder_interval_minutes",
}
FILTERS = {**query.PAGING, "search": text(0, 255)}
SERVER_SET = frozenset({"id", "createdAt"})


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


def represent(row: asyncpg.Record) -> dict[str, object]:
    settings = {name: row[column] for name, column in COLUMNS.items()}
    return {"id": row["id"], **settings, "createdAt": timestamp(row["created_at"])}


def _named(request: web.Request) -> int:
    """The organization in the path; the caller's own where the path names none."""
    if "organizationId" in request.match_info:
        return path.number(request, "organizationId")
    return request[CALLER].organization_id


def _columns(fields: dict[str, object]) -> dict[str, object]:
    return {COLUMNS[name]: value for name, value in fields.items()}


def _answer(row: asyncpg.Record | None) -> Answer:
    if row is None:
        raise not_found()
    return json_answer(represent(row))
