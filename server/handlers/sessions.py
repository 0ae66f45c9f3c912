"""Log in, who am I, log out."""

from datetime import UTC, datetime

from aiohttp import web

import sql
from server import passwords
from server.answers import Answer, json_answer, timestamp
from server.auth import Caller, open_session
from server.body import Parser, parse_fields, read_object
from server.errors import ApiError, unauthorized
from server.fields import text
from server.keys import CALLER, CONFIG, JUDGING, POOL
from sql.connection import Executor

FIELDS: dict[str, Parser] = {"email": text(1, 320), "password": text(1, 1024)}
ATTEMPTS_PER_ACCOUNT = 10
ATTEMPTS_PER_ADDRESS = 100


async def post_session(request: web.Request) -> Answer:
    body = parse_fields(await read_object(request), FIELDS, required=("email", "password"))
    config, pool = request.app[CONFIG], request.app[POOL]
    email, address = str(body["email"]).lower(), request.remote or ""
    async with request.app[JUDGING]:
        await _limit_attempts(pool, email, address)
        user = await sql.users.select_login(pool, email)
        password_hash = None if user is None else user["password_hash"]
        known = await passwords.verify(password_hash, str(body["password"]))
    if user is None or not known:
        raise unauthorized("wrong_credentials")
    await sql.login_attempts.delete(pool, email, address)
    token, caller = await open_session(pool, user, secret=config.jwt_secret, hours=config.session_hours)
    answer = {"token": token, "expiresAt": _expiry(caller), "user": represent(caller)}
    return json_answer(answer, status=201, fields={"Location": "/api/session", "Cache-Control": "no-store"})


async def get_session(request: web.Request) -> Answer:
    caller = request[CALLER]
    return json_answer({**represent(caller), "expiresAt": _expiry(caller)})


async def delete_session(request: web.Request) -> Answer:
    caller = request[CALLER]
    await sql.sessions.delete(request.app[POOL], caller.organization_id, caller.session_id)
    return Answer(status=204)


def represent(caller: Caller) -> dict[str, object]:
    return {
        "id": caller.id,
        "organizationId": caller.organization_id,
        "email": caller.email,
        "name": caller.name,
        "role": caller.role,
        "globalRole": caller.global_role,
        "customerIds": caller.reach.customer_ids,
    }


def _expiry(caller: Caller) -> str | None:
    return timestamp(datetime.fromtimestamp(caller.expires_at, UTC))


async def _limit_attempts(db: Executor, email: str, address: str) -> None:
    of_account, of_address = await sql.login_attempts.insert(db, email, address)
    if of_account > ATTEMPTS_PER_ACCOUNT or of_address > ATTEMPTS_PER_ADDRESS:
        wait = str(sql.login_attempts.WINDOW_SECONDS)
        raise ApiError(429, "too_many_logins", headers={"Retry-After": wait})
