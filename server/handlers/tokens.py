"""API tokens: sessions with a name, an end or none, and perhaps one customer. A token is shown once.

A token without an end expires in the year 9999, so that every token has an ``exp`` to check. A token for a
customer reaches that customer and administers nothing, whatever its user may do (``tests/api/test_tokens.py``).
"""

from uuid import UUID, uuid4

from aiohttp import web

import sql
from server.access import attempts, merged_lists
from server.access.caller import Caller
from server.access.permissions import require_log_in, require_power_over
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, HASHER, SIGNER, actor, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import FieldError, forbidden, found, invalid_fields, unauthorized
from server.http.requests import read_object
from server.resources import audit
from server.resources.tokens import DEFAULT_DAYS, FIELDS, FILTERS, REQUIRED, expiry, represent
from sql.connection import Executor, Reach


async def list_tokens(request: web.Request) -> Answer:
    caller = _manager(request)
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request),
        sql.tokens.select_page,
        sql.tokens.ORDER,
        page,
        user_id=_whose(caller),
        organization_id=parsed.get("organizationId"),
    )
    return Answer.json(page.listing(total, ({**represent(row), "email": row["email"]} for row in rows), away))


async def post_token(request: web.Request) -> Answer:
    caller, pool = _manager(request), request[CELL].pool
    fields = parse_object(await read_object(request), FIELDS, required=REQUIRED)
    password = fields.get("currentPassword")
    if password is not None or fields.get("expiresInDays", DEFAULT_DAYS) is None:
        await attempts.require_password(pool, request.app[HASHER], caller, password)
        await requests.judge_again(request)
    token_id, expires_at = uuid4(), expiry(fields.get("expiresInDays", DEFAULT_DAYS))
    customer_id = await _customer_id(pool, caller, fields.get("customerId"))
    async with audit.recording(pool, actor(request)) as (connection, record):
        row = await sql.tokens.insert(
            connection,
            caller.organization_id,
            token_id,
            email=caller.email,
            session_id=caller.session_id,
            name=fields["name"],
            customer_id=customer_id,
            expires_at=expires_at,
        )
        if row is None:
            raise unauthorized("token_invalid")
        await record("token", caller.organization_id, after=represent(row))
    token = request.app[SIGNER].issue(caller.organization_id, token_id, caller.id, expires_at=expires_at)
    headers = {"Location": f"/api/tokens/{token_id}"}
    return Answer.json({**represent(row), "email": caller.email, "token": token}, status=201, headers=headers)


async def delete_token(request: web.Request) -> Answer:
    token_id = requests.uuid(request, "tokenId")
    caller = _manager(request)
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        token = found(await sql.tokens.select_locked(connection, caller.reach, token_id, user_id=_whose(caller)))
        require_power_over(caller, token["global_role"])
        await sql.sessions.delete(connection, token["organization_id"], token_id)
        await record("token", token["organization_id"], before=represent(token))
    return Answer(status=204)


def _manager(request: web.Request) -> Caller:
    caller = request[CALLER]
    if caller.supporter:
        raise forbidden("supporter_forbidden")
    require_log_in(caller)
    return caller


def _whose(caller: Caller) -> int | None:
    """The caller, who manages its own tokens; None, all tokens in reach, for an administrator."""
    return None if caller.administers else caller.id


async def _customer_id(db: Executor, caller: Caller, wanted: int | UUID | None) -> int | None:
    """The number of a customer in the caller's own organization, which its tokens belong to."""
    if wanted is None:
        return None
    row = await sql.customers.select_one(db, Reach(caller.organization_id, caller.reach.customer_ids), wanted)
    if row is None:
        raise invalid_fields([FieldError("customerId", "unknown_customer", {})])
    return int(row["id"])
