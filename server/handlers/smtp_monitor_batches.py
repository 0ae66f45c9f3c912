"""One change for many monitors: all of them or none."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg
from aiohttp import web

import sql
from server.access.permissions import require_fields, require_patcher
from server.fields.values import CANONICAL_UUID, Invalid
from server.handlers.keys import CALLER, CONFIG, POOL
from server.http.answers import Answer, json_answer
from server.http.body import parse_fields, read_object
from server.http.errors import ApiError, FieldError
from server.resources.smtp_monitor_changes import change_of
from server.resources.smtp_monitors import FIELDS, SERVER_SET, represent, to_columns, without_alias
from sql.smtp_monitor_patches import Patch

MAX_IDS = 500
NAMED = 10  # of the missing


async def patch_monitors(request: web.Request) -> Answer:
    caller = request[CALLER]
    require_patcher(caller)
    body = await read_object(request)
    changes = body.get("changes")
    if type(changes) is dict:
        require_fields(caller, changes)
    parsed = parse_fields(body, {"ids": _public_ids, "changes": _changes}, required=("ids", "changes"))
    wanted: list[UUID] = parsed["ids"]
    rows = await _write(request, wanted, parsed["changes"])
    found = {row["public_id"]: row for row in rows}
    if len(found) < len(wanted):
        raise _missing(wanted, found.keys())
    ring, passwords = request.app[CONFIG].key_ring, caller.sees_passwords
    items = [represent(found[public_id], ring, passwords=passwords) for public_id in wanted]
    return json_answer({"updated": len(items) if parsed["changes"] else 0, "items": items})


async def _write(
    request: web.Request, public_ids: Sequence[UUID], fields: Mapping[str, object]
) -> list[asyncpg.Record]:
    """The rows as they are now; ApiError 404, with nothing written, if one of them is not there."""
    pool, reach, config = request.app[POOL], request[CALLER].reach, request.app[CONFIG]
    if not fields:
        return await sql.smtp_monitor_batches.select_all(pool, reach, public_ids)
    async with pool.acquire() as connection, connection.transaction():
        keys = await sql.smtp_monitor_batches.lock_all(connection, reach, public_ids)
        if len(keys) < len(public_ids):
            raise _missing(public_ids, {public_id for _, public_id in keys})
        patches = []
        for organization_id, public_id in keys:
            columns = to_columns(fields, public_id, config.key_ring)  # a password is bound to its own monitor
            change = change_of(request, config, columns)
            patches.append(Patch(organization_id, public_id, None, None, columns, frozenset(columns), change))
        return await sql.smtp_monitor_batches.update_all(connection, patches)


def _public_ids(value: object) -> list[UUID]:
    """At most 500 UUIDs, the first of equals kept."""
    if type(value) is not list or not 1 <= len(value) <= MAX_IDS:
        raise Invalid("invalid_public_ids")
    if not all(type(text) is str and CANONICAL_UUID.fullmatch(text) for text in value):
        raise Invalid("invalid_public_ids")
    return list(dict.fromkeys(map(UUID, value)))


def _changes(value: object) -> dict[str, object]:
    """The fields of a PATCH, their errors below ``changes``."""
    if type(value) is not dict:
        raise Invalid("not_object")
    try:
        return parse_fields(without_alias(dict(value)), FIELDS, ignored=SERVER_SET)
    except ApiError as error:
        raise _below(error.fields) from error


def _below(wrong: Sequence[FieldError]) -> Invalid:
    invalid = Invalid()
    invalid.reasons = [(f".{error.field}", error.code, dict(error.parameters)) for error in wrong]
    return invalid


def _missing(wanted: Sequence[UUID], reached: Collection[UUID]) -> ApiError:
    """404 that names the first of those that are not there; all alike, whether absent or out of reach."""
    ids = [str(public_id) for public_id in wanted if public_id not in reached][:NAMED]
    return ApiError(404, "not_found", detail="unknown_monitors", ids=", ".join(ids))
