"""The customers of an organization: find, make, rename, remove.

A customer with monitors is not removed: 409. A removed customer also leaves the ``customerIds`` of users
(``tests/api/test_customers.py``).
"""

from aiohttp import web

import sql
from server.access.permissions import organization_for, require_administrator
from server.fields.objects import parse_object
from server.handlers.keys import CALLER, POOL
from server.http import query, requests
from server.http.answers import Answer
from server.http.errors import ApiError, found, not_found
from server.http.requests import read_object
from server.resources.customers import CREATE_FIELDS, FIELDS, FILTERS, REQUIRED, SERVER_SET, represent


async def list_customers(request: web.Request) -> Answer:
    parsed = query.parse_query(request, FILTERS)
    page = query.page_of(parsed)
    total, rows = await sql.customers.select_page(
        request.app[POOL],
        request[CALLER].reach,
        organization_id=parsed.get("organizationId"),
        search=parsed.get("search"),
        limit=page.size,
        offset=page.offset,
    )
    return Answer.json(page.listing(total, map(represent, rows)))


async def post_customer(request: web.Request) -> Answer:
    require_administrator(request[CALLER])
    fields = parse_object(await read_object(request), CREATE_FIELDS, ignored=SERVER_SET, required=REQUIRED)
    organization_id = organization_for(request[CALLER], fields.get("organizationId"))
    row = await sql.customers.insert(request.app[POOL], organization_id, fields["name"])
    return Answer.json(represent(row), status=201, headers={"Location": f"/api/customers/{row['public_id']}"})


async def get_customer(request: web.Request) -> Answer:
    customer = requests.number_or_uuid(request, "customerId")
    return Answer.json(
        represent(found(await sql.customers.select_one(request.app[POOL], request[CALLER].reach, customer)))
    )


async def patch_customer(request: web.Request) -> Answer:
    customer = requests.number_or_uuid(request, "customerId")
    require_administrator(request[CALLER])
    changes = parse_object(await read_object(request), FIELDS, ignored=SERVER_SET)
    return Answer.json(
        represent(found(await sql.customers.update(request.app[POOL], request[CALLER].reach, customer, changes)))
    )


async def delete_customer(request: web.Request) -> Answer:
    customer = requests.number_or_uuid(request, "customerId")
    require_administrator(request[CALLER])
    async with request.app[POOL].acquire() as connection, connection.transaction():
        row = await sql.customers.select_locked(connection, request[CALLER].reach, customer)
        if row is None:
            raise not_found()
        if not await sql.customers.delete(connection, row["organization_id"], row["id"]):
            raise ApiError(409, "customer_has_monitors")
    return Answer(status=204)
