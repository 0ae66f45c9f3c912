"""The ways to patch: one monitor, many at once, back to what a change replaced.

``{}`` changes nothing: 200 with the monitor as it is. With If-Match, a monitor that is not there is 412 and not
404, because no representation of it can match. A patch of many locks its rows in the order in which batches do,
and writes nothing unless it got them all. Its ``updated`` counts written monitors, so it is 0 for ``{}``. A revert
is a PATCH by the rules of any PATCH. Held by ``tests/api/test_patch_rules.py``, ``tests/api/test_patch_many.py``
and ``tests/api/test_changes.py``.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
from aiohttp import web

import sql
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, CHANGES, KEY_RING, reached
from server.http import requests
from server.http.answers import Answer
from server.http.errors import ApiError, not_found
from server.http.preferences import APPLIED, prefers_minimal
from server.http.requests import if_match, read_object
from server.resources.smtp_monitor_batches import FIELDS, REQUIRED, require_fields, unknown_monitors
from server.resources.smtp_monitor_changes import body_before
from server.resources.smtp_monitors import judge_patch, missing, represent, require_patcher, to_answer, to_columns
from sql.smtp_monitor_patches import Patch


async def patch_monitor(request: web.Request) -> Answer:
    public_id = requests.monitor_id(request)
    require_patcher(request[CALLER])
    return await _patch(request, public_id, await read_object(request))


async def post_revert(request: web.Request) -> Answer:
    """Patch the monitor to what the change replaced, by the rules of any PATCH."""
    public_id, version = requests.monitor_id(request), requests.number(request, "changeId")
    require_patcher(request[CALLER])
    change = await sql.smtp_monitor_changes.select_one(request[CELL].pool, request[CALLER].reach, public_id, version)
    if change is None:
        raise not_found()
    if change["before"] is None:
        raise ApiError(409, "change_not_revertible")
    return await _patch(request, public_id, body_before(change, request.app[KEY_RING], public_id))


async def patch_monitors(request: web.Request) -> Answer:
    """The same changes for many monitors: all of them or none."""
    caller = request[CALLER]
    require_patcher(caller)
    body = await read_object(request)
    require_fields(caller, body)
    parsed = parse_object(body, FIELDS, required=REQUIRED)
    wanted: list[UUID] = parsed["ids"]
    request[CELL] = await reached(request).of_monitors(wanted)
    rows = await _write(request, wanted, parsed["changes"])
    found = {row["public_id"]: row for row in rows}
    if len(found) < len(wanted):
        raise unknown_monitors(wanted, found.keys())
    if prefers_minimal(request.headers.getall("Prefer", ())):
        return Answer(status=204, headers=APPLIED)
    ring, passwords = request.app[KEY_RING], caller.sees_passwords
    items = [represent(found[public_id], ring, passwords=passwords) for public_id in wanted]
    return Answer.json({"updated": len(items) if parsed["changes"] else 0, "items": items})


async def _patch(request: web.Request, public_id: UUID, body: dict[str, object]) -> Answer:
    """Judge the *body*, write its columns, answer the monitor. ApiError 403, 412, 404, or Invalid."""
    app, caller = request.app, request[CALLER]
    changes = judge_patch(body, caller, public_id, app[KEY_RING])
    row = await sql.smtp_monitor_patches.update(
        request[CELL].pool,
        request[CELL].patches,
        caller.reach,
        public_id,
        changes,
        versions=if_match(request),
        change=app[CHANGES].describe(request, caller, changes),
    )
    if row is None:
        raise missing(request)
    return to_answer(request, row, app[KEY_RING], passwords=caller.sees_passwords)


async def _write(
    request: web.Request, public_ids: Sequence[UUID], fields: Mapping[str, object]
) -> list[asyncpg.Record]:
    """The rows as they are now; ApiError 404, with nothing written, if one of them is not there."""
    pool, reach = request[CELL].pool, request[CALLER].reach
    if not fields:
        return await sql.smtp_monitor_batches.select_all(pool, reach, public_ids)
    async with pool.acquire() as connection, connection.transaction():
        keys = await sql.smtp_monitor_batches.lock_all(connection, reach, public_ids)
        if len(keys) < len(public_ids):
            raise unknown_monitors(public_ids, {public_id for _, public_id in keys})
        patches = []
        for organization_id, public_id in keys:
            columns = to_columns(fields, public_id, request.app[KEY_RING])  # a password is bound to its own monitor
            change = request.app[CHANGES].describe(request, request[CALLER], columns)
            patches.append(Patch(organization_id, public_id, None, None, columns, frozenset(columns), change))
        return await sql.smtp_monitor_batches.update_all(connection, patches)
