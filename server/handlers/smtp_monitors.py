"""The monitors: find, make, patch, remove."""

from uuid import UUID, uuid4

import asyncpg
import orjson
from aiohttp import web

import sql
from server import query
from server.answers import Answer, entity_tag, json_answer, none_match, versions_of_if_match
from server.body import parse_fields, read_object
from server.errors import ApiError, FieldError, forbidden, invalid_fields, not_found
from server.fields import CANONICAL_UUID
from server.keys import CALLER, COMMITS, CONFIG, POOL
from server.roles import require_writer
from server.smtp_monitor import (
    CREATE_FIELDS,
    FIELDS,
    FILTERS,
    SERVER_SET,
    represent,
    to_columns,
    without_alias,
)


async def patch_monitor(request: web.Request) -> Answer:
    public_id = _public_id(request)
    caller = request[CALLER]
    if caller.supporter:
        raise forbidden("supporter_forbidden")
    body = await read_object(request)
    if caller.readonly and body.keys() - {"status"}:
        raise forbidden("readonly_status_only")
    fields = parse_fields(without_alias(body), FIELDS, ignored=SERVER_SET)
    changes = to_columns(fields, public_id, request.app[CONFIG].key_ring)
    versions = versions_of_if_match(request)
    row = await sql.smtp_monitors.update(
        request.app[POOL], request.app[COMMITS], caller.reach, public_id, changes, versions=versions
    )
    if row is None:
        raise _missing(request)
    return _answer(request, row)


async def get_monitor(request: web.Request) -> Answer:
    row = await sql.smtp_monitors.select_one(request.app[POOL], request[CALLER].reach, _public_id(request))
    if row is None:
        raise not_found()
    return _answer(request, row)


async def list_monitors(request: web.Request) -> Answer:
    caller, ring = request[CALLER], request.app[CONFIG].key_ring
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows = await sql.smtp_monitors.select_page(
        request.app[POOL], caller.reach, filters=parsed, limit=page.size, offset=page.offset
    )
    items = [represent(row, ring, passwords=caller.sees_passwords) for row in rows]
    return json_answer({"items": items, "total": total, "page": page.number, "perPage": page.size})


async def post_monitor(request: web.Request) -> Answer:
    caller, pool = request[CALLER], request.app[POOL]
    require_writer(request)
    body = without_alias(await read_object(request))
    fields = parse_fields(body, CREATE_FIELDS, ignored=SERVER_SET, required=("customerId", "name", "hostname"))
    customer = await sql.customers.select_one(pool, caller.reach, fields.pop("customerId"))
    if customer is None:
        raise invalid_fields([FieldError("customerId", "unknown_customer", {})])
    public_id = uuid4()
    values = to_columns(fields, public_id, request.app[CONFIG].key_ring)
    row = await sql.smtp_monitors.insert(pool, customer["organization_id"], customer["id"], public_id, values)
    return _answer(request, row, status=201, fields={"Location": f"/api/smtp-monitors/{public_id}"})


async def delete_monitor(request: web.Request) -> Answer:
    public_id = _public_id(request)
    require_writer(request)
    versions = versions_of_if_match(request)
    if not await sql.smtp_monitors.delete(request.app[POOL], request[CALLER].reach, public_id, versions=versions):
        raise _missing(request)
    return Answer(status=204)


def _public_id(request: web.Request) -> UUID:
    text = request.match_info["smtpMonitorPublicId"]
    if not CANONICAL_UUID.fullmatch(text):
        raise ApiError(400, "invalid_public_id")
    return UUID(text)


def _missing(request: web.Request) -> ApiError:
    """No such monitor in reach; under If-Match that is a precondition that does not hold."""
    return ApiError(412, "precondition_failed") if "If-Match" in request.headers else not_found()


def _answer(
    request: web.Request, row: asyncpg.Record, *, status: int = 200, fields: dict[str, str] | None = None
) -> Answer:
    monitor = represent(row, request.app[CONFIG].key_ring, passwords=request[CALLER].sees_passwords)
    customer = {name: monitor.pop(name) for name in ("customerName",) if name in monitor}
    # the tag is over what every answer shows, so that a PATCH and the GET after it have the same
    body = orjson.dumps(monitor)
    fields = {"ETag": entity_tag(row["version"], body), **(fields or {})}
    if customer:
        body = orjson.dumps({**monitor, **customer})
    if request.method in ("GET", "HEAD"):
        if none_match(request, fields["ETag"]):
            return Answer(status=304, fields=fields)
    elif "return=minimal" in request.headers.get("Prefer", "").lower():
        minimal = 204 if status == 200 else status
        return Answer(status=minimal, fields={**fields, "Preference-Applied": "return=minimal"})
    return json_answer(body, status=status, fields=fields)
