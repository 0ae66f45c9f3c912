"""The places that checks are made from: everybody sees them, global administrators change them.

They are changed in the directory. Agents copy them to every other cell, where its organizations read them.
"""

from aiohttp import web

import sql
from server.access.permissions import require_global_admin
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, DIRECTORY, actor
from server.http.answers import Answer
from server.http.errors import found
from server.http.requests import read_object
from server.resources import audit
from server.resources.locations import CREATE_FIELDS, FIELDS, REQUIRED, SERVER_SET, represent
from sql.audit_events import NO_ORGANIZATION


async def list_locations(request: web.Request) -> Answer:
    rows = await sql.locations.select_all(request[CELL].pool)
    return Answer.json({"items": [represent(row) for row in rows]})


async def post_location(request: web.Request) -> Answer:
    require_global_admin(request[CALLER])
    body = await read_object(request)
    fields = parse_object(body, CREATE_FIELDS, ignored=SERVER_SET, required=REQUIRED)
    async with audit.recording(request.app[DIRECTORY], actor(request)) as (connection, record):
        row = await sql.locations.insert(connection, **fields)
        await record("location", NO_ORGANIZATION, after=represent(row), id_key="code")
    return Answer.json(represent(row), status=201, headers={"Location": f"/api/locations/{row['code']}"})


async def patch_location(request: web.Request) -> Answer:
    require_global_admin(request[CALLER])
    changes = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET | {"code"})
    code = request.match_info["locationCode"]
    async with audit.recording(request.app[DIRECTORY], actor(request)) as (connection, record):
        before = represent(found(await sql.locations.select_locked(connection, code)))
        after = represent(found(await sql.locations.update(connection, code, changes)))
        await record("location", NO_ORGANIZATION, before=before, after=after, id_key="code")
    return Answer.json(after)
