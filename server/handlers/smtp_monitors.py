"""The monitors: find, make, remove."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson
from aiohttp import web

import sql
from server.access import merged_lists
from server.access.cell_numbers import new_public_id
from server.access.permissions import require_writer
from server.fields import smtp_config
from server.fields.objects import parse_object
from server.fields.smtp_config import SmtpConfig
from server.handlers.keys import CALLER, CELL, CHANGES, KEY_RING, LISTS, SIGNER, actor, reached
from server.http import query, requests
from server.http.answers import Answer, entity_tag
from server.http.errors import FieldError, invalid_fields, not_found
from server.resources import audit, idempotency_keys, smtp_monitor_states
from server.resources.smtp_monitors import (
    CREATE_FIELDS,
    FILTERS,
    REQUIRED,
    SERVER_SET,
    listing,
    missing,
    represent,
    represent_with_customer,
    to_answer,
    to_columns,
    to_parts,
    without_alias,
)
from sql.connection import Executor


async def get_monitor(request: web.Request) -> Answer:
    caller, cell = request[CALLER], request[CELL]
    row = await sql.smtp_monitors.select_one(cell.pool, cell.lookups, caller.reach, requests.monitor_id(request))
    if row is None:
        raise not_found()
    return to_answer(request, row, request.app[KEY_RING], passwords=caller.sees_passwords)


async def list_monitors(request: web.Request) -> Answer:
    caller, filters = request[CALLER], query.parse_query(request, FILTERS)
    query.refuse_both(filters, "after", "page")
    query.refuse_both(filters, "after", "sort")
    if "sort" in filters and caller.reach.organization_id is None and "organizationId" not in filters:
        raise invalid_fields([FieldError("sort", "needs_organization", {})])
    asked = caller.reach, caller.sees_passwords, requests.language(request), frozenset(filters.items())
    return Answer.json(await request.app[LISTS].read(asked, lambda: _page(request, filters)))


async def _page(request: web.Request, filters: dict[str, Any]) -> bytes:
    caller, ring = request[CALLER], request.app[KEY_RING]
    page, away = await merged_lists.select_monitors(reached(request), *to_parts(filters))
    language = requests.language(request)
    # no answer about one monitor has its state: a check would change that one's entity tag
    items = [
        represent_with_customer(row, ring, passwords=caller.sees_passwords)
        | smtp_monitor_states.represent(row, language)
        for row in page.rows
    ]
    return orjson.dumps(listing(filters, page, items, away))


async def post_monitor(request: web.Request) -> Answer:
    caller = request[CALLER]
    require_writer(caller)
    key = idempotency_keys.key_of(request)
    body = without_alias(await requests.read_object(request))
    fields = parse_object(body, CREATE_FIELDS, ignored=SERVER_SET, required=REQUIRED)
    request[CELL] = await reached(request).of_customer(fields["customerId"])
    pool = request[CELL].pool
    if key is None:
        return _made(request, await _insert(pool, request, fields))
    sent = {name: body[name] for name in fields}
    async with pool.acquire() as connection, connection.transaction():
        first = await idempotency_keys.reserve(connection, caller, request.app[SIGNER], key, sent)
        if first is not None:
            return _made_before(first, fields)
        row = await _insert(connection, request, fields)
        masked = represent(row, request.app[KEY_RING], passwords=False)
        await idempotency_keys.complete(connection, caller, key, masked)
    return _made(request, row)


async def delete_monitor(request: web.Request) -> Answer:
    public_id, caller = requests.monitor_id(request), request[CALLER]
    require_writer(caller)
    versions, change = requests.if_match(request), request.app[CHANGES].describe(request, caller, {})
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        row = await sql.smtp_monitors.delete(connection, caller.reach, public_id, versions=versions, change=change)
        if row is None:
            raise missing(request)
        shown = represent(row, request.app[KEY_RING], passwords=False)
        await record("smtp_monitor", row["organization_id"], before=shown, id_key="publicId")
    return Answer(status=204)


async def _insert(db: Executor, request: web.Request, fields: dict[str, Any]) -> asyncpg.Record:
    app, caller = request.app, request[CALLER]
    customer = await sql.customers.select_one(db, caller.reach, fields.pop("customerId"))
    if customer is None:
        raise invalid_fields([FieldError("customerId", "unknown_customer", {})])
    public_id = new_public_id(request[CELL].number)
    values = to_columns(fields, public_id, app[KEY_RING])
    change = app[CHANGES].describe(request, caller, values)
    return await sql.smtp_monitors.insert(
        db, customer["organization_id"], customer["id"], public_id, values, change=change
    )


def _made(request: web.Request, row: asyncpg.Record) -> Answer:
    location = {"Location": f"/api/smtp-monitors/{row['public_id']}"}
    passwords = request[CALLER].sees_passwords
    return to_answer(request, row, request.app[KEY_RING], passwords=passwords, status=201, headers=location)


def _made_before(first: dict[str, Any], fields: Mapping[str, object]) -> Answer:
    """The answer to the first of equal requests. The password comes from this one's body, because none is kept."""
    config = fields.get("smtpConfig", fields.get("config"))
    if isinstance(config, SmtpConfig) and config.password is not None:
        filled = orjson.Fragment(smtp_config.with_password(config.json, config.password))
        first |= {"config": filled, "smtpConfig": filled}
    body = orjson.dumps(first)
    headers = {"ETag": entity_tag(1, body), "Location": f"/api/smtp-monitors/{first['publicId']}"}
    return Answer.json(body, status=201, headers=headers)
