"""Log in, who am I, log out."""

import functools

import asyncpg
from aiohttp import web

import sql
from server.access import attempts, remote_logins, two_factor
from server.access.permissions import require_log_in
from server.access.sessions import open_session
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, CELLS, DIRECTORY, HASHER, KEY_RING, SESSION_HOURS, SIGNER, actor
from server.http.answers import Answer
from server.http.errors import ApiError, FieldError, invalid_fields, unauthorized
from server.http.requests import ADDRESS, judge_again, read_object
from server.resources import audit
from server.resources.audit import Actor
from server.resources.sessions import (
    FIELDS,
    PASSWORD_FIELDS,
    PASSWORD_REQUIRED,
    REQUIRED,
    expiry,
    represent,
)


async def post_session(request: web.Request) -> Answer:
    body = parse_object(await read_object(request), FIELDS, required=REQUIRED)
    app, cells = request.app, request.app[CELLS]
    email = body["email"].lower()
    user = await attempts.judge(
        app[DIRECTORY],
        app[HASHER],
        email,
        body["password"],
        source=attempts.source_of(request[ADDRESS]),
        select=functools.partial(remote_logins.select_logins, cells, email, body.get("organizationId")),
    )
    if user is None:
        await _record_failure(request, body["email"], body.get("organizationId"))
        raise unauthorized("wrong_credentials")
    request[CELL] = await cells.of_organization(user["organization_id"])
    if (refusal := await _judge_code(request, user, body.get("code"))) is not None:
        await _record_failure(request, user["email"], user["organization_id"])
        raise refusal
    async with request[CELL].pool.acquire() as connection, connection.transaction():
        token, caller = await open_session(connection, user, app[SIGNER], hours=app[SESSION_HOURS])
        await audit.record_session(connection, Actor.of(caller, request[ADDRESS]), "logged_in", caller)
    answer = {"token": token, "expiresAt": expiry(caller), "user": represent(caller)}
    return Answer.json(answer, status=201, headers={"Location": "/api/session"})


async def get_session(request: web.Request) -> Answer:
    caller = request[CALLER]
    return Answer.json({**represent(caller), "expiresAt": expiry(caller)})


async def patch_session(request: web.Request) -> Answer:
    """Change one's own password. That ends every other session and token of the user.

    So does deactivation, and a session that was being opened with the old password never opens
    (``tests/api/test_passwords.py``).
    """
    caller = request[CALLER]
    require_log_in(caller)
    body = parse_object(await read_object(request), PASSWORD_FIELDS, required=PASSWORD_REQUIRED)
    pool, hasher = request[CELL].pool, request.app[HASHER]
    user = await attempts.judge_caller(pool, hasher, caller, body["currentPassword"])
    if user is None:
        raise invalid_fields([FieldError("currentPassword", "wrong_password", {})])
    if body["password"] == body["currentPassword"]:
        raise invalid_fields([FieldError("password", "password_unchanged", {})])
    whose = {"email": caller.email, "name": caller.name}
    password_hash = await hasher.make_hash(body["password"], **whose, like=user["password_hash"])
    await judge_again(request)
    async with audit.recording(pool, actor(request)) as (connection, record):
        await sql.users.replace_password(connection, caller.organization_id, caller.email, password_hash)
        await sql.sessions.delete_others(connection, caller.organization_id, caller.id, keep=caller.session_id)
        me = {"id": caller.id}
        await record("user", caller.organization_id, before=me, after=me, secrets=("password",))
    return Answer.json({**represent(caller), "expiresAt": expiry(caller)})


async def delete_session(request: web.Request) -> Answer:
    caller = request[CALLER]
    async with request[CELL].pool.acquire() as connection, connection.transaction():
        await sql.sessions.delete(connection, caller.organization_id, caller.session_id)
        await audit.record_session(connection, actor(request), "logged_out", caller)
    return Answer(status=204)


async def _judge_code(request: web.Request, user: asyncpg.Record, code: str | None) -> ApiError | None:
    """What is wrong with the second factor, if the user has one."""
    pool, key = request[CELL].pool, (user["organization_id"], user["id"])
    factor = await sql.second_factors.select_one(pool, *key)
    if factor is None or factor["confirmed_at"] is None:
        return None
    if code is None:
        return unauthorized("two_factor_missing", "two_factor_required")
    source = attempts.source_of(request[ADDRESS])
    if await two_factor.judge(pool, request.app[KEY_RING], factor, *key, code, source=source):
        return None
    return unauthorized("wrong_code", "two_factor_wrong")


async def _record_failure(request: web.Request, email: str, organization_id: int | None) -> None:
    """Where each user lives who was meant; in the directory if nobody was."""
    for cell, meant in await remote_logins.meant_by(request.app[CELLS], email, organization_id):
        await sql.audit_events.insert_failed_log_in(cell.pool, email, meant, address=request[ADDRESS])
