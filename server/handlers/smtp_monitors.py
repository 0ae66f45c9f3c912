"""The monitors: find, make, patch, remove."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
from aiohttp import web

import sql
from server.access.permissions import require_patcher, require_writer
from server.fields import smtp_config
from server.fields.smtp_config import SmtpConfig
from server.handlers.keys import CALLER, CONFIG, LISTS, POOL, READS
from server.handlers.smtp_monitor_patch import patch
from server.http import path, query
from server.http.answers import Answer, entity_tag, json_answer, versions_of_if_match
from server.http.body import parse_fields, read_object
from server.http.errors import FieldError, invalid_fields, not_found
from server.resources import idempotency_keys
from server.resources.smtp_monitor_answer import answer, missing
from server.resources.smtp_monitor_changes import change_of
from server.resources.smtp_monitors import CREATE_FIELDS, FILTERS, SERVER_SET, represent, to_columns, without_alias
from sql.connection import Executor


async def patch_monitor(request: web.Request) -> Answer:
    public_id = path.monitor(request)
    require_patcher(request[CALLER])
    return await patch(request, public_id, await read_object(request))


async def get_monitor(request: web.Request) -> Answer:
    pool, reads = request.app[POOL], request.app[READS]
    row = await sql.smtp_monitors.select_one(pool, reads, request[CALLER].reach, path.monitor(request))
    if row is None:
        raise not_found()
    return answer(request, request.app[CONFIG], row)


async def list_monitors(request: web.Request) -> Answer:
    caller, filters = request[CALLER], query.parse_query(request, FILTERS)
    asked = caller.reach, caller.sees_passwords, frozenset(filters.items())
    return json_answer(await request.app[LISTS].read(asked, lambda: _page(request, filters)))


async def _page(request: web.Request, filters: dict[str, Any]) -> bytes:
    caller, ring, page = request[CALLER], request.app[CONFIG].key_ring, query.page_of(filters)
    total, rows = await sql.smtp_monitor_lists.select_page(
        request.app[POOL], caller.reach, filters=filters, limit=page.size, offset=page.offset
    )
    items = [represent(row, ring, passwords=caller.sees_passwords) for row in rows]
    return orjson.dumps(page.answer(total, items))


async def post_monitor(request: web.Request) -> Answer:
    caller, pool = request[CALLER], request.app[POOL]
    require_writer(caller)
    key = idempotency_keys.key_of(request)
    body = without_alias(await read_object(request))
    fields = parse_fields(body, CREATE_FIELDS, ignored=SERVER_SET, required=("customerId", "name", "hostname"))
    if key is None:
        return _made(request, await _insert(pool, request, fields))
    sent = {name: body[name] for name in fields}
    async with pool.acquire() as connection, connection.transaction():
        first = await idempotency_keys.reserve(connection, request, key, sent)
        if first is not None:
            return _made_before(first, fields)
        row = await _insert(connection, request, fields)
        masked = represent(row, request.app[CONFIG].key_ring, passwords=False)
        await idempotency_keys.complete(connection, request, key, masked)
    return _made(request, row)


async def delete_monitor(request: web.Request) -> Answer:
    public_id = path.monitor(request)
    require_writer(request[CALLER])
    pool, reach = request.app[POOL], request[CALLER].reach
    versions, change = versions_of_if_match(request), change_of(request, request.app[CONFIG], {})
    if not await sql.smtp_monitors.delete(pool, reach, public_id, versions=versions, change=change):
        raise missing(request)
    return Answer(status=204)


async def _insert(db: Executor, request: web.Request, fields: dict[str, Any]) -> asyncpg.Record:
    customer = await sql.customers.select_one(db, request[CALLER].reach, fields.pop("customerId"))
    if customer is None:
        raise invalid_fields([FieldError("customerId", "unknown_customer", {})])
    public_id = uuid4()
    config = request.app[CONFIG]
    values = to_columns(fields, public_id, config.key_ring)
    whose = (customer["organization_id"], customer["id"])
    return await sql.smtp_monitors.insert(db, *whose, public_id, values, change=change_of(request, config, values))


def _made(request: web.Request, row: asyncpg.Record) -> Answer:
    location = {"Location": f"/api/smtp-monitors/{row['public_id']}"}
    return answer(request, request.app[CONFIG], row, status=201, fields=location)


def _made_before(first: dict[str, Any], fields: Mapping[str, object]) -> Answer:
    """The answer to the first of these creates; its password is in this one's equal body."""
    config = fields.get("smtpConfig", fields.get("config"))
    if isinstance(config, SmtpConfig) and config.password is not None:
        filled = orjson.Fragment(smtp_config.with_password(config.json, config.password))
        first |= {"config": filled, "smtpConfig": filled}
    body = orjson.dumps(first)
    headers = {"ETag": entity_tag(1, body), "Location": f"/api/smtp-monitors/{first['publicId']}"}
    return json_answer(body, status=201, fields=headers)
