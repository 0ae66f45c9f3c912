"""One change for many monitors: all of them or none."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
from aiohttp import web

import sql
from server.answers import Answer, json_answer
from server.body import parse_fields, read_object
from server.errors import ApiError, FieldError, forbidden
from server.fields import CANONICAL_UUID, Invalid
from server.keys import CALLER, CONFIG, POOL
from server.smtp_config import SmtpConfig
from server.smtp_monitor import FIELDS, SERVER_SET, represent, to_columns, without_alias

MAX_IDS = 500
NAMED = 10  # of the missing


async def patch_monitors(request: web.Request) -> Answer:
    caller, pool = request[CALLER], request.app[POOL]
    if caller.supporter:
        raise forbidden("supporter_forbidden")
    body = await read_object(request)
    changes = body.get("changes")
    if type(changes) is dict and caller.readonly and changes.keys() - {"status"}:
        raise forbidden("readonly_status_only")
    parsed = parse_fields(body, {"ids": _public_ids, "changes": _changes}, required=("ids", "changes"))
    wanted: list[UUID] = parsed["ids"]
    keys = await sql.smtp_monitor_batches.select_keys(pool, caller.reach, wanted)
    rows = await _write(request, keys, parsed["changes"]) if len(keys) == len(wanted) else []
    found = {row["public_id"]: row for row in rows}
    if len(found) < len(wanted):
        raise _missing(wanted, {public_id for _, public_id in keys})
    ring, passwords = request.app[CONFIG].key_ring, caller.sees_passwords
    items = [represent(found[public_id], ring, passwords=passwords) for public_id in wanted]
    return json_answer({"updated": len(items) if parsed["changes"] else 0, "items": items})


async def _write(
    request: web.Request, keys: Sequence[tuple[int, UUID]], fields: Mapping[str, object]
) -> list[asyncpg.Record]:
    """The changed rows; none if one of them has gone since its key was read."""
    pool, reach, ring = request.app[POOL], request[CALLER].reach, request.app[CONFIG].key_ring
    if not fields:
        return await sql.smtp_monitor_batches.select_all(pool, reach, keys)
    configs = [value for value in fields.values() if isinstance(value, SmtpConfig) and value.password is not None]
    columns = to_columns(fields, keys[0][1], ring)
    passwords = None
    if configs:
        del columns["smtp_password"]
        # each is bound to its own monitor
        passwords = [ring.encrypt(configs[0].password or "", public_id.bytes) for _, public_id in keys]
    return await sql.smtp_monitor_batches.update_all(pool, reach, keys, columns, passwords)


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


def _missing(wanted: Sequence[UUID], reached: set[UUID]) -> ApiError:
    """404 that names the first of those that are not there; all alike, whether absent or out of reach."""
    ids = [str(public_id) for public_id in wanted if public_id not in reached][:NAMED]
    if not ids:
        return ApiError(404, "not_found")
    return ApiError(404, "not_found", detail="unknown_monitors", ids=", ".join(ids))
