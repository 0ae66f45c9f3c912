"""The users of an organization: find, make, change, remove.

The last administrator of an organization (active, role ``admin``, not restricted to customers, no supporter)
cannot be removed, demoted or deactivated: 409. Changes of users wait for each other at one lock for each
organization. A user's own password changes by ``PATCH /api/session`` alone (``tests/api/test_users.py``).
"""

import secrets
from typing import Any
from uuid import UUID

import asyncpg
from aiohttp import web

import sql
from server.access import attempts, merged_lists, remote_logins
from server.access.caller import Caller
from server.access.permissions import organization_for, require_administrator, require_power_over
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, CELLS, DIRECTORY, HASHER, actor, home_of, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import ApiError, FieldError, forbidden, found, invalid_fields, not_found
from server.http.requests import read_object
from server.resources import audit
from server.resources.users import (
    COLUMNS,
    CREATE_FIELDS,
    CREATE_SERVER_SET,
    FIELDS,
    FILTERS,
    REQUIRED,
    SERVER_SET,
    gives_power,
    represent,
)
from sql.connection import Executor


async def list_users(request: web.Request) -> Answer:
    require_administrator(request[CALLER])
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request),
        sql.users.select_page,
        sql.users.ORDER,
        page,
        organization_id=parsed.get("organizationId"),
        search=parsed.get("search"),
    )
    return Answer.json(page.listing(total, map(represent, rows), away))


async def post_user(request: web.Request) -> Answer:
    """Make a user. Without a password in the body, one is made and shown in this answer alone."""
    caller = request[CALLER]
    require_administrator(caller)
    body = await read_object(request)
    _judge_global_role(caller, body)
    fields = parse_object(body, CREATE_FIELDS, ignored=CREATE_SERVER_SET, required=REQUIRED)
    await _require_password(request, fields, None)
    organization_id = organization_for(caller, fields.get("organizationId"))
    request[CELL] = cell = await reached(request).of_organization(organization_id)
    customer_ids = await _known_customers(cell.pool, organization_id, fields.get("customerIds"))
    password = fields.get("password") or secrets.token_urlsafe(18)
    password_hash = await _make_hash(request, password, email=fields["email"], name=fields["name"])
    async with (
        remote_logins.making(request.app[DIRECTORY], cell, fields["email"], organization_id),
        audit.recording(cell.pool, actor(request)) as (connection, record),
    ):
        row = await sql.users.insert(
            connection,
            organization_id,
            email=fields["email"],
            password_hash=password_hash,
            name=fields["name"],
            role=fields["role"],
            global_role=fields.get("globalRole"),
            customer_ids=customer_ids,
        )
        await record("user", organization_id, after=represent(row))
    made = {} if "password" in fields else {"password": password}
    return Answer.json({**represent(row), **made}, status=201, headers={"Location": f"/api/users/{row['id']}"})


async def get_user(request: web.Request) -> Answer:
    user_id = requests.number(request, "userId")
    require_administrator(request[CALLER])
    row = await sql.users.select_one(request[CELL].pool, request[CALLER].reach, user_id)
    if row is None:
        raise not_found()
    return Answer.json(represent(row))


async def patch_user(request: web.Request) -> Answer:
    user_id = requests.number(request, "userId")
    caller = request[CALLER]
    require_administrator(caller)
    body = await read_object(request)
    _judge_global_role(caller, body)
    fields = parse_object(body, FIELDS, ignored=SERVER_SET)
    if "password" in fields and user_id == caller.id:
        raise forbidden("own_password")
    user = found(await sql.users.select_one(request[CELL].pool, caller.reach, user_id))
    await _require_password(request, fields, user)
    password_hash = None
    if "password" in fields:
        name = fields.get("name", user["name"])
        password_hash = await _make_hash(request, fields.pop("password"), email=user["email"], name=name)
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        before = await _select_changeable(connection, caller, user_id)
        if "customerIds" in fields:
            fields["customerIds"] = await _known_customers(connection, before["organization_id"], fields["customerIds"])
        changes = {COLUMNS[name]: value for name, value in fields.items()}
        row = await sql.users.update(connection, before["organization_id"], user_id, changes)
        if password_hash is not None:
            await sql.users.replace_password(connection, row["organization_id"], row["email"], password_hash)
        if password_hash is not None or row["active"] != before["active"]:
            await sql.sessions.delete_others(connection, row["organization_id"], user_id)
        await _keep_an_administrator(connection, before)
        secrets_set = () if password_hash is None else ("password",)
        shown = represent(row)
        await record("user", row["organization_id"], before=represent(before), after=shown, secrets=secrets_set)
    return Answer.json(shown)


async def delete_user(request: web.Request) -> Answer:
    user_id = requests.number(request, "userId")
    caller, cell, directory = request[CALLER], request[CELL], request.app[DIRECTORY]
    require_administrator(caller)
    await remote_logins.require_directory(directory, cell)
    async with audit.recording(cell.pool, actor(request)) as (connection, record):
        before = await _select_changeable(connection, caller, user_id)
        await sql.users.delete(connection, before["organization_id"], before["email"])
        await _keep_an_administrator(connection, before)
        await record("user", before["organization_id"], before=represent(before))
    await remote_logins.settle(directory, cell, before["email"], before["organization_id"])
    return Answer(status=204)


async def _require_password(request: web.Request, fields: dict[str, Any], before: asyncpg.Record | None) -> None:
    """Invalid for a caller who gives somebody power, and its password neither now nor a short while ago."""
    password = fields.pop("currentPassword", None)
    if password is not None or gives_power(fields, before):
        pool = (await home_of(request)).pool
        await attempts.require_password(pool, request.app[HASHER], request[CALLER], password)
        await requests.judge_again(request)


async def _make_hash(request: web.Request, password: str, *, email: str, name: str) -> str:
    """The hash of a new password, made like those that other organizations' users with the address have.

    Whether it is the one before is not told: an administrator who learns that has guessed somebody's password.
    """
    like = await remote_logins.select_hash(request.app[CELLS], email, request[CELL])
    password_hash = await request.app[HASHER].make_hash(password, email=email, name=name, like=like)
    await requests.judge_again(request)
    return password_hash


def _judge_global_role(caller: Caller, body: dict[str, object]) -> None:
    """Only a global admin gives global roles. null gives none: a client may send back what it has read."""
    if body.get("globalRole") is not None and not caller.global_admin:
        raise forbidden("global_role_forbidden")


async def _select_changeable(connection: Executor, caller: Caller, user_id: int) -> asyncpg.Record:
    """The locked user. Only a global admin changes a global user: a new password would hand over its global role."""
    before = await sql.users.select_locked(connection, caller.reach, user_id)
    if before is None:
        raise not_found()
    require_power_over(caller, before["global_role"])
    return before


async def _known_customers(db: Executor, organization_id: int, wanted: list[int | UUID] | None) -> list[int] | None:
    if wanted is None:
        return None
    customer_ids = await sql.customers.select_ids(db, organization_id, wanted)
    if customer_ids is None:
        raise invalid_fields([FieldError("customerIds", "unknown_customer", {})])
    return customer_ids


async def _keep_an_administrator(connection: Executor, before: asyncpg.Record) -> None:
    """ApiError 409 if the last administrator was changed or removed; the transaction is then rolled back."""
    administered = before["active"] and before["role"] == "admin" and before["customer_ids"] is None
    counted = administered and before["global_role"] != "supporter"
    if counted and not await sql.users.has_administrator(connection, before["organization_id"]):
        raise ApiError(409, "last_administrator")
