"""The second factor of one's own log-in, and its reset by an administrator."""

import asyncpg
from aiohttp import web

import sql
from server.access import attempts, two_factor
from server.access.caller import Caller
from server.access.permissions import require_administrator, require_log_in, require_power_over
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, HASHER, KEY_RING, actor
from server.http import requests
from server.http.answers import Answer
from server.http.errors import ApiError, FieldError, forbidden, found, invalid_fields
from server.http.requests import ADDRESS, read_object
from server.resources import audit
from server.resources.two_factor import BEGIN_FIELDS, CONFIRM_FIELDS, REMOVE_FIELDS, record_change, represent


async def get_two_factor(request: web.Request) -> Answer:
    caller = _owner(request)
    factor = await sql.second_factors.select_one(request[CELL].pool, caller.organization_id, caller.id)
    return Answer.json(represent(factor, caller))


async def post_two_factor(request: web.Request) -> Answer:
    """Begin: a secret for the authenticator, which counts once a code of it confirms it."""
    caller, app = _owner(request), request.app
    fields = parse_object(await read_object(request), BEGIN_FIELDS)
    await attempts.require_password(request[CELL].pool, app[HASHER], caller, fields.get("currentPassword"))
    await requests.judge_again(request)
    secret, key = two_factor.make_secret(), (caller.organization_id, caller.id)
    encrypted = app[KEY_RING].encrypt(secret, two_factor.bound_to(*key))
    if not await sql.second_factors.begin(request[CELL].pool, *key, encrypted):
        raise ApiError(409, "two_factor_active")
    shown = {"secret": secret, "otpauthUrl": two_factor.otpauth_url(secret, caller.email)}
    return Answer.json(shown, status=201, headers={"Location": "/api/session/two-factor"})


async def post_confirmation(request: web.Request) -> Answer:
    """Confirm: recovery codes, shown this once."""
    caller = _owner(request)
    fields = parse_object(await read_object(request), CONFIRM_FIELDS, required=tuple(CONFIRM_FIELDS))
    key = caller.organization_id, caller.id
    factor = await sql.second_factors.select_one(request[CELL].pool, *key)
    if factor is None or factor["confirmed_at"] is not None:
        raise ApiError(409, "two_factor_not_begun" if factor is None else "two_factor_active")
    step = two_factor.step_of(two_factor.decrypt(request.app[KEY_RING], factor, *key), fields["code"].replace(" ", ""))
    if step is None:
        raise invalid_fields([FieldError("code", "wrong_code", {})])
    shown, hashes = two_factor.make_recovery_codes()
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        if not await sql.second_factors.confirm(connection, *key, step=step, code_hashes=hashes):
            raise ApiError(409, "two_factor_active")
        await record_change(record, *key, active=True)
    return Answer.json({"recoveryCodes": shown})


async def post_removal(request: web.Request) -> Answer:
    caller, app = _owner(request), request.app
    fields = parse_object(await read_object(request), REMOVE_FIELDS, required=tuple(REMOVE_FIELDS))
    key = caller.organization_id, caller.id
    factor = await sql.second_factors.select_one(request[CELL].pool, *key)
    if factor is None or factor["confirmed_at"] is None:
        raise ApiError(409, "two_factor_not_begun")
    await attempts.require_password(request[CELL].pool, app[HASHER], caller, fields["currentPassword"])
    await _require_code(request, factor, fields["code"])
    await requests.judge_again(request)
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        if await sql.second_factors.delete(connection, *key):
            await record_change(record, *key, active=False)
    return Answer(status=204)


async def delete_of_user(request: web.Request) -> Answer:
    """Reset another user's, who has lost it. That ends the user's sessions and tokens.

    One's own goes with the password and a code alone: an open session is not enough to be rid of it.
    """
    user_id, caller = requests.number(request, "userId"), request[CALLER]
    require_administrator(caller)
    if user_id == caller.id:
        raise forbidden("own_two_factor")
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        user = found(await sql.users.select_locked(connection, caller.reach, user_id))
        require_power_over(caller, user["global_role"])
        if await sql.second_factors.delete(connection, user["organization_id"], user_id):
            await sql.sessions.delete_others(connection, user["organization_id"], user_id)
            await record_change(record, user["organization_id"], user_id, active=False)
    return Answer(status=204)


def _owner(request: web.Request) -> Caller:
    require_log_in(request[CALLER])
    return request[CALLER]


async def _require_code(request: web.Request, factor: asyncpg.Record, code: str) -> None:
    caller, source = request[CALLER], attempts.source_of(request[ADDRESS])
    key = caller.organization_id, caller.id
    if not await two_factor.judge(request[CELL].pool, request.app[KEY_RING], factor, *key, code, source=source):
        raise invalid_fields([FieldError("code", "wrong_code", {})])
