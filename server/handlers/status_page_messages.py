"""What people write on a status page: find, make, change, add to, remove."""

import asyncpg
from aiohttp import web

import sql
from server.access.permissions import require_writer
from server.fields.objects import parse_object
from server.fields.values import Invalid
from server.handlers.keys import CALLER, CELL, actor
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import found
from server.http.requests import read_object
from server.resources import audit
from server.resources.status_page_messages import (
    COLUMNS,
    FIELDS,
    FILTERS,
    MAX_UPDATES,
    REQUIRED,
    SERVER_SET,
    UPDATE_FIELDS,
    represent,
)
from sql.connection import Executor

RESOURCE = "status_page_message"


async def list_messages(request: web.Request) -> Answer:
    parsed = query.parse_query(request, FILTERS)
    page, pool = query.page_of(parsed), request[CELL].pool
    key = await _page(request, pool)
    total, rows = await sql.status_page_messages.select_page(pool, *key, limit=page.size, offset=page.offset)
    return Answer.json(page.listing(total, map(represent, rows)))


async def post_message(request: web.Request) -> Answer:
    require_writer(request[CALLER])
    fields = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET, required=REQUIRED)
    values = {COLUMNS[name]: value for name, value in fields.items()}
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        organization_id, page_id = await _page(request, connection)
        row = await sql.status_page_messages.insert(connection, organization_id, page_id, values)
        await record(RESOURCE, organization_id, after=represent(row))
    location = f"/api/status-pages/{page_id}/messages/{row['id']}"
    return Answer.json(represent(row), status=201, headers={"Location": location})


async def get_message(request: web.Request) -> Answer:
    message_id, pool = requests.number(request, "messageId"), request[CELL].pool
    key = await _page(request, pool)
    return Answer.json(represent(found(await sql.status_page_messages.select_one(pool, *key, message_id))))


async def patch_message(request: web.Request) -> Answer:
    message_id = requests.number(request, "messageId")
    require_writer(request[CALLER])
    fields = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET)
    changes = {COLUMNS[name]: value for name, value in fields.items()}
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        key = await _page(request, connection)
        before = represent(await _locked(connection, *key, message_id))
        after = represent(found(await sql.status_page_messages.update(connection, *key, message_id, changes)))
        await record(RESOURCE, key[0], before=before, after=after)
    return Answer.json(after)


async def post_update(request: web.Request) -> Answer:
    """Add to a message what has happened since."""
    message_id = requests.number(request, "messageId")
    require_writer(request[CALLER])
    fields = parse_object(await read_object(request), UPDATE_FIELDS, required=tuple(UPDATE_FIELDS))
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        key = await _page(request, connection)
        before = represent(await _locked(connection, *key, message_id))
        after = represent(
            found(await sql.status_page_messages.add_update(connection, *key, message_id, fields["body"]))
        )
        if len(after["updates"]) > MAX_UPDATES:  # type: ignore[arg-type]
            raise Invalid.of([("updates", "too_many", {"limit": MAX_UPDATES})])
        await record(RESOURCE, key[0], before=before, after=after)
    return Answer.json(after, status=201)


async def delete_message(request: web.Request) -> Answer:
    message_id = requests.number(request, "messageId")
    require_writer(request[CALLER])
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        key = await _page(request, connection)
        before = represent(await _locked(connection, *key, message_id))
        await sql.status_page_messages.delete(connection, *key, message_id)
        await record(RESOURCE, key[0], before=before)
    return Answer(status=204)


async def _page(request: web.Request, db: Executor) -> tuple[int, int]:
    """Organization and number of the page that the path names; ApiError 404 if it is not the caller's."""
    page_id = requests.number(request, "statusPageId")
    row = found(await sql.status_pages.select_one(db, request[CALLER].reach, page_id))
    return row["organization_id"], page_id


async def _locked(connection: Executor, organization_id: int, page_id: int, message_id: int) -> asyncpg.Record:
    row = await sql.status_page_messages.select_one(connection, organization_id, page_id, message_id, locked=True)
    return found(row)
