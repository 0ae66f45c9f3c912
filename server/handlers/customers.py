"""The customers of an organization: find, make, rename, remove.

A customer with monitors is not removed: 409. A removed customer also leaves the ``customerIds`` of users
(``tests/api/test_customers.py``).
"""

from aiohttp import web

import sql
from server.access import merged_lists
from server.access.permissions import organization_for, require_administrator
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, CELL, actor, reached
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import ApiError, found
from server.http.requests import read_object
from server.resources import audit
from server.resources.customers import CREATE_FIELDS, FIELDS, FILTERS, REQUIRED, SERVER_SET, represent
from server.resources.tokens import represent as represent_token


async def list_customers(request: web.Request) -> Answer:
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows, away = await merged_lists.select_page(
        reached(request),
        sql.customers.select_page,
        sql.customers.ORDER,
        page,
        organization_id=parsed.get("organizationId"),
        search=parsed.get("search"),
    )
    return Answer.json(page.listing(total, map(represent, rows), away))


async def post_customer(request: web.Request) -> Answer:
    require_administrator(request[CALLER])
    fields = parse_object(await read_object(request), CREATE_FIELDS, ignored=SERVER_SET, required=REQUIRED)
    organization_id = organization_for(request[CALLER], fields.get("organizationId"))
    request[CELL] = await reached(request).of_organization(organization_id)
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        row = await sql.customers.insert(connection, organization_id, fields["name"])
        await record("customer", organization_id, after=represent(row))
    return Answer.json(represent(row), status=201, headers={"Location": f"/api/customers/{row['public_id']}"})


async def get_customer(request: web.Request) -> Answer:
    customer = requests.number_or_uuid(request, "customerId")
    return Answer.json(
        represent(found(await sql.customers.select_one(request[CELL].pool, request[CALLER].reach, customer)))
    )


async def patch_customer(request: web.Request) -> Answer:
    customer = requests.number_or_uuid(request, "customerId")
    require_administrator(request[CALLER])
    changes = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET)
    reach = request[CALLER].reach
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        before = represent(found(await sql.customers.select_locked(connection, reach, customer)))
        row = found(await sql.customers.update(connection, reach, customer, changes))
        after = represent(row)
        await record("customer", row["organization_id"], before=before, after=after)
    return Answer.json(after)


async def delete_customer(request: web.Request) -> Answer:
    """Remove a customer. Its tokens end, and users who are restricted to it have one customer less."""
    customer = requests.number_or_uuid(request, "customerId")
    require_administrator(request[CALLER])
    async with audit.recording(request[CELL].pool, actor(request)) as (connection, record):
        row = found(await sql.customers.select_locked(connection, request[CALLER].reach, customer))
        key = row["organization_id"], row["id"]
        ended = await sql.tokens.select_of_customer(connection, *key)
        narrowed = await sql.customers.delete(connection, *key)
        if narrowed is None:
            raise ApiError(409, "customer_has_monitors")
        await record("customer", key[0], before=represent(row))
        for token in ended:
            await record("token", key[0], before=represent_token(token))
        for user in narrowed:
            left = {"id": user["id"], "customerIds": user["customer_ids"]}
            had = {**left, "customerIds": sorted((*user["customer_ids"], row["id"]))}
            await record("user", key[0], before=had, after=left)
    return Answer(status=204)
