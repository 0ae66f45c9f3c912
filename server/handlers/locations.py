"""The places that checks are made from: everybody sees them, global administrators change them."""

from aiohttp import web

import sql
from server.access.permissions import require_global_admin
from server.handlers.keys import CALLER, POOL
from server.http.answers import Answer, json_answer
from server.http.body import parse_fields, read_object
from server.http.errors import not_found
from server.resources.locations import CREATE_FIELDS, FIELDS, SERVER_SET, represent


async def list_locations(request: web.Request) -> Answer:
    rows = await sql.locations.select_all(request.app[POOL])
    return json_answer({"items": [represent(row) for row in rows]})


async def post_location(request: web.Request) -> Answer:
    require_global_admin(request[CALLER])
    body = await read_object(request)
    fields = parse_fields(body, CREATE_FIELDS, ignored=SERVER_SET, required=("code", "name", "country"))
    row = await sql.locations.insert(request.app[POOL], **fields)
    return json_answer(represent(row), status=201, fields={"Location": f"/api/locations/{row['code']}"})


async def patch_location(request: web.Request) -> Answer:
    require_global_admin(request[CALLER])
    changes = parse_fields(await read_object(request), FIELDS, ignored=SERVER_SET | {"code"})
    row = await sql.locations.update(request.app[POOL], request.match_info["locationCode"], changes)
    if row is None:
        raise not_found()
    return json_answer(represent(row))
